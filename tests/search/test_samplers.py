"""Every sampler keeps to the space, repeats itself, and goes on as if it had never stopped."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from dlcli.config.space import Choice, Interval, Parameter, Space, Steps
from dlcli.errors import ConfigError
from tests.search.studies import (
    CONDITIONAL,
    FLAT,
    KINDS,
    PLAIN,
    SPACES,
    Arguments,
    gridded,
    loss,
    pruner,
    serial,
    settings,
)

# Those that learn do so after four trials; Gaussian processes take seconds each.
RESUMED = [
    *[(kind, 3) for kind in ("grid", "random", "qmc")],
    *[(kind, 7) for kind in ("tpe", "cmaes")],
    *[pytest.param(kind, 20, marks=pytest.mark.slow) for kind in KINDS],
]
# Every sampler on one space, and one sampler on every space.
CASES = [
    pytest.param(kind, name, marks=[pytest.mark.slow] * (name != "flat" and kind != "tpe"))
    for kind in KINDS
    for name in SPACES
]


def arguments(folder: Path, kind: str, space: Space = FLAT) -> Arguments:
    return Arguments(folder, kind, gridded(space) if kind == "grid" else space)


def inside(parameter: Parameter, value: Any) -> bool:
    domain = parameter.domain
    if isinstance(domain, Choice):
        return json.dumps(value) in [json.dumps(one) for one in domain.values]
    if isinstance(domain, Interval):
        return isinstance(value, float) and domain.low <= value <= domain.high
    texts = [repr(domain.at(index)) for index in range(domain.count)]
    return repr(value) in texts


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_point_holds_what_exists_with_values_of_its_domains(
    kind: str, name: str, tmp_path: Path
) -> None:
    given = arguments(tmp_path, kind, SPACES[name])
    study = given.create()
    points = serial(study, range(6))
    for point in points:
        parameters = [p for p in given.space.parameters if p.exists(point)]
        assert list(point) == [p.key for p in parameters]
        assert all(inside(p, point[p.key]) for p in parameters)
        assert json.loads(json.dumps(point)) == point
    assert [trial.params for trial in study.trials()] == points
    study.close()
    again = given.open()
    assert [again.ask(number) for number in range(6)] == points
    assert len({json.dumps(point) for point in points}) > 3
    again.close()


@pytest.mark.parametrize(("kind", "trials"), RESUMED)
def test_a_sweep_resumed_at_each_trial_equals_the_unbroken_one(
    kind: str, trials: int, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    given = arguments(tmp_path / "one", kind, CONDITIONAL)
    study = given.create()
    unbroken = serial(study, range(trials))
    study.close()
    given.folder = tmp_path
    given.create().close()
    for number in range(trials):
        study = given.open()
        assert study.ask(number) == unbroken[number]
        if number % 2:  # the process dies while the trial runs, too
            study.close()
            study = given.open()
        assert study.ask(number) == unbroken[number]
        study.tell(number, "complete", [loss(unbroken[number])])
        study.close()


@pytest.mark.parametrize("kind", ["grid", "random", "qmc"])
def test_points_do_not_depend_on_the_workers(kind: str, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    study = arguments(tmp_path / "one", kind, CONDITIONAL).create()
    alone = serial(study, range(8))
    study.close()
    study = arguments(tmp_path, kind, CONDITIONAL).create()
    for first in range(0, 8, 4):
        batch = range(first, first + 4)
        assert [study.ask(number) for number in batch] == alone[first : first + 4]
        for number in reversed(batch):
            study.tell(number, "failed" if number % 3 else "complete", [1.0 / (number + 1)])
    study.close()


def test_pruning_changes_nothing_for_a_resumed_sweep(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    given = Arguments(tmp_path / "one", "tpe", pruner=pruner("hyperband"))
    study = given.create()
    unbroken = []
    for number in range(9):
        unbroken.append(pruned_trial(study, number))
    study.close()
    given.folder = tmp_path
    given.create().close()
    resumed = []
    for number in range(9):
        study = given.open()
        resumed.append(pruned_trial(study, number))
        study.close()
    assert resumed == unbroken
    assert {state for _, state in unbroken} == {"complete", "pruned"}


def pruned_trial(study: Any, number: int) -> tuple[dict[str, Any], str]:
    point = study.ask(number)
    for step in range(1, 10):
        if study.report(number, step, loss(point) / step):
            study.tell(number, "pruned")
            return point, "pruned"
    study.tell(number, "complete", [loss(point) / 9])
    return point, "complete"


def test_a_grid_has_each_point_once(tmp_path: Path) -> None:
    model = Parameter("model", Choice(("cnn", "mlp")), group=True)
    space = Space((model, Parameter("k", Steps(1, 3), under=(("model", ("cnn",)),))))
    study = Arguments(tmp_path, "grid", space).create()
    points = [{"model": "cnn", "k": k} for k in (1, 2, 3)] + [{"model": "mlp"}]
    assert serial(study, range(4)) == points
    study.close()


def test_quasi_random_points_are_spread_from_the_first_on(tmp_path: Path) -> None:
    space = Space((Parameter("x", Interval(0.0, 1.0)), Parameter("y", Interval(0.0, 8.0))))
    study = Arguments(tmp_path, "qmc", space).create()
    points = serial(study, range(8))
    assert sorted(int(point["x"] * 8) for point in points) == list(range(8))
    assert sorted(int(point["y"]) for point in points) == list(range(8))
    study.close()


@pytest.mark.parametrize("kind", ["random", "qmc"])
def test_another_seed_is_another_search(kind: str, tmp_path: Path) -> None:
    found = []
    for seed in (0, 1):
        (tmp_path / str(seed)).mkdir()
        given = Arguments(tmp_path / str(seed), search=settings(kind, seed=seed))
        study = given.create()
        found.append(serial(study, range(3)))
        study.close()
    assert found[0] != found[1]


def test_values_that_python_takes_for_equal_are_told_apart(tmp_path: Path) -> None:
    study = Arguments(tmp_path, space=PLAIN).create()
    found = {json.dumps(point["flag"]) for point in serial(study, range(16))}
    assert found == {"true", "1", '"1"', "null"}
    study.close()


@pytest.mark.parametrize("kind", ["tpe", "cmaes", "qmc"])
def test_nothing_of_optuna_reaches_the_user(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        given = Arguments(tmp_path, kind, CONDITIONAL, pruner("patient"))
        study = given.create()
        for number in range(6):
            pruned_trial(study, number)
        study.importances()
        study.close()
    assert capfd.readouterr() == ("", "")


def refusal(given: Arguments) -> str:
    with pytest.raises(ConfigError) as refused:
        given.create()
    assert not given.path.exists()
    return str(refused.value)


def with_sampler(folder: Path, kind: str, **changes: Any) -> Arguments:
    search = settings(kind)
    return Arguments(folder, search=settings(kind, sampler={**(search.sampler or {}), **changes}))


def test_a_seed_of_the_samplers_own_is_refused(tmp_path: Path) -> None:
    assert refusal(with_sampler(tmp_path, "random", seed=1)) == (
        "search.sampler.seed: is derived for every trial; set search.seed"
    )


def test_an_object_with_a_state_of_its_own_is_refused(tmp_path: Path) -> None:
    inner = {"_target_": "optuna.samplers.RandomSampler"}
    assert refusal(with_sampler(tmp_path, "qmc", independent_sampler=inner)) == (
        "search.sampler.independent_sampler: an object keeps a state that a resumed sweep would "
        "not have; write null"
    )


def test_a_value_that_the_sampler_does_not_take_is_refused(tmp_path: Path) -> None:
    message = refusal(with_sampler(tmp_path, "qmc", qmc_type="nonsense"))
    assert message.startswith("search.sampler: The `qmc_type='nonsense'` is invalid")


def test_a_pruner_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    given = Arguments(tmp_path, pruner=pruner("asha") | {"reduction_factor": 1})
    assert refusal(given).startswith("pruner: ")


def test_cmaes_without_a_number_is_refused(tmp_path: Path) -> None:
    space = Space((Parameter("act", Choice(("relu", "tanh"))),))
    assert refusal(Arguments(tmp_path, "cmaes", space)) == (
        "search=cmaes: searches numbers, and none is in every trial; write search=tpe"
    )


def test_cmaes_of_several_objectives_is_refused(tmp_path: Path) -> None:
    given = Arguments(tmp_path, "cmaes", directions=("min", "max"))
    assert refusal(given) == "search=cmaes: knows one objective only; write search=tpe"


def test_pruning_of_several_objectives_is_refused(tmp_path: Path) -> None:
    given = Arguments(tmp_path, directions=("min", "max"), pruner=pruner("median"))
    assert refusal(given) == "pruner: pruning needs one objective; write pruner=none"


def test_a_grid_over_an_interval_is_refused(tmp_path: Path) -> None:
    assert refusal(
        Arguments(tmp_path, "grid", Space((Parameter("x", Interval(0, 1)),)))
    ).startswith("search=grid: x has no end of values")


def test_steps_are_written_as_people_write_them(tmp_path: Path) -> None:
    study = Arguments(tmp_path, space=Space((Parameter("d", Steps(0.1, 0.7, 0.1)),))).create()
    found = {str(point["d"]) for point in serial(study, range(12))}
    assert found <= {"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"}
    study.close()
