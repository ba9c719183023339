"""What is told to a study is kept as it was told, once, and is read back so."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcli.config.space import Choice, Interval, Parameter, Space, Steps
from dlcli.errors import ConfigError, StoreError
from dlcli.search.study import Study
from tests.search.studies import CONDITIONAL, FLAT, Arguments, pruner, serial, settings

SMALL = Space((Parameter("x", Interval(0.0, 1.0)), Parameter("n", Steps(1, 4))))


@pytest.fixture
def given(tmp_path: Path) -> Arguments:
    return Arguments(tmp_path, space=SMALL)


@pytest.fixture
def study(given: Arguments) -> Iterator[Study]:
    study = given.create()
    yield study
    study.close()


def reopened(given: Arguments, study: Study) -> Study:
    study.close()
    return given.open()


def test_trials_are_read_back_as_they_were_told(given: Arguments, study: Study) -> None:
    points = [study.ask(number) for number in range(4)]
    study.tell(0, "complete", [0.5], "finished")
    study.report(1, 1, 0.75)
    study.tell(1, "pruned", reason="pruned")
    study.tell(2, "failed", reason="oom")
    for one in (study, reopened(given, study)):
        trials = one.trials()
        assert [trial.params for trial in trials] == points
        assert [trial.state for trial in trials] == ["complete", "pruned", "failed", "running"]
        assert [trial.values for trial in trials] == [(0.5,), (0.75,), (), ()]
        assert [trial.reason for trial in trials] == ["finished", "pruned", "oom", ""]
        assert trials[0].seconds > 0
        assert trials[3].seconds == 0
        assert one.states() == {0: "complete", 1: "pruned", 2: "failed", 3: "running"}
        one.close()


def test_what_was_told_first_stays(study: Study) -> None:
    study.ask(0)
    study.tell(0, "complete", [0.5], "finished")
    study.tell(0, "failed", reason="killed")
    assert [(trial.state, trial.values, trial.reason) for trial in study.trials()] == [
        ("complete", (0.5,), "finished")
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_a_failure(study: Study, value: float) -> None:
    study.ask(0)
    assert study.report(0, 1, value) is False
    study.tell(0, "complete", [value], "finished")
    assert [(trial.state, trial.values, trial.reason) for trial in study.trials()] == [
        ("failed", (), "diverged")
    ]
    assert study.best() is None


def test_of_equal_trials_the_first_is_the_best(study: Study) -> None:
    for number, value in enumerate([2.0, 1.0, 1.0, 3.0]):
        study.ask(number)
        study.tell(number, "complete", [value])
    assert study.best() == (1, 1.0)


def test_more_is_better_where_it_should_be(tmp_path: Path) -> None:
    study = Arguments(tmp_path, space=SMALL, directions=("max",)).create()
    for number, value in enumerate([2.0, 3.0, 1.0]):
        study.ask(number)
        study.tell(number, "complete", [value])
    assert study.best() == (1, 3.0)
    study.close()


def test_the_front_holds_what_nothing_beats(tmp_path: Path) -> None:
    study = Arguments(tmp_path, space=SMALL, directions=("max", "min")).create()
    for number, values in enumerate([[0.9, 100.0], [0.8, 10.0], [0.7, 50.0], [0.95, 200.0]]):
        study.ask(number)
        assert study.report(number, 1, values[0]) is False
        study.tell(number, "complete", values)
    study.ask(4)
    study.tell(4, "complete", [math.nan, 1.0])
    assert study.pareto() == [0, 1, 3]
    study.close()


def test_the_wrong_number_of_values_is_a_mistake(study: Study) -> None:
    study.ask(0)
    with pytest.raises(ValueError, match="1 objectives"):
        study.tell(0, "complete", [1.0, 2.0])


def test_trials_are_asked_for_in_order(study: Study) -> None:
    with pytest.raises(ValueError, match="trial 1 asked for when there are 0"):
        study.ask(1)


def test_what_matters_comes_first(tmp_path: Path) -> None:
    study = Arguments(tmp_path, space=CONDITIONAL).create()
    for number in range(12):
        point = study.ask(number)
        study.tell(number, "complete", [float(str(point["x"])) ** 2])
    found = study.importances()
    assert next(iter(found)) == "x"
    assert found.keys() == {"model", "x", "k", "depth@cnn", "depth@rnn"}
    assert sum(found.values()) == pytest.approx(1.0)
    study.close()


def test_where_there_is_too_little_nothing_matters(study: Study) -> None:
    assert study.importances() == {}
    for number in range(11):
        study.ask(number)
        study.tell(number, "complete", [1.0])
    assert study.importances() == {}


def bad_trial(study: Study, steps: range) -> list[bool]:
    """Answers to the reports of a trial that is worse than six good ones."""
    for number in range(6):
        study.ask(number)
        for step in range(1, 5):
            study.report(number, step, 0.1)
        study.tell(number, "complete", [0.1])
    study.ask(6)
    return [study.report(6, step, 9.0) for step in steps]


@pytest.mark.parametrize("name", ["median", "asha", "hyperband", "patient"])
def test_pruning_once_decided_is_not_forgotten(name: str, tmp_path: Path) -> None:
    given = Arguments(tmp_path, space=SMALL, pruner=pruner(name))
    study = given.create()
    answers = bad_trial(study, range(1, 10))
    assert answers == sorted(answers)
    study = reopened(given, study)
    assert study.report(6, 9, 9.0) is answers[-1]
    study.tell(6, "pruned")
    assert study.report(6, 9, 9.0) is False
    study.close()


def test_a_step_is_judged_once(tmp_path: Path) -> None:
    study = Arguments(tmp_path, space=SMALL, pruner=pruner("median")).create()
    assert bad_trial(study, range(1, 2)) == [False]
    assert study.report(6, 1, 9.0) is False
    assert study.report(6, 2, 9.0) is True
    assert study.report(6, 2, 0.0) is True
    study.close()


@pytest.mark.parametrize("name", ["median", "asha", "hyperband"])
def test_what_a_trial_reports_after_its_pruning_changes_nothing(name: str, tmp_path: Path) -> None:
    told = []
    for more in (0, 1, 2):
        study = Arguments(tmp_path / str(more), space=SMALL, pruner=pruner(name)).create()
        bad_trial(study, range(0))
        steps = itertools.count(1)
        while not study.report(6, next(steps), 9.0):
            pass
        for step in itertools.islice(steps, more):
            assert study.report(6, step, 100.0) is True
        study.tell(6, "pruned")
        assert study.trials()[6].values == (9.0,)
        told.append(study._history.trial(6).system_attrs)
        study.close()
    assert told[0] == told[1] == told[2]


def test_the_step_of_the_pruning_is_kept_where_a_crash_came_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Arguments(tmp_path, space=SMALL, pruner=pruner("median"))
    study = given.create()
    bad_trial(study, range(1, 2))
    storage = study._store._storage
    monkeypatch.setattr(storage, "set_trial_intermediate_value", die)
    with pytest.raises(KeyboardInterrupt):
        study.report(6, 2, 8.0)
    study = reopened(given, study)
    assert [study.report(6, step, value) for step, value in ((1, 9.0), (2, 8.0))] == [False, True]
    study.tell(6, "pruned")
    assert study.trials()[6].values == (8.0,)
    study.close()


def die(*_: object) -> None:
    raise KeyboardInterrupt


def differences(given: Arguments) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        given.open()
    advice = "; give it back its old value, or start another sweep with --name"
    return [
        line.removeprefix(f"{given.path}: ").removesuffix(advice) for line in refused.value.problems
    ]


def test_another_space_is_refused_with_the_difference(given: Arguments, study: Study) -> None:
    given.space = Space(
        (Parameter("x", Interval(0.0, 2.0)), Parameter("act", Choice(("relu", "tanh"))))
    )
    found = differences(given)
    assert "space.x.domain.high was 1.0 and is 2.0" in found
    assert 'order was ["x", "n"] and is ["x", "act"]' in found
    assert any(line.startswith("space.n was {") for line in found)


def test_another_direction_is_refused(given: Arguments, study: Study) -> None:
    given.directions = ("max",)
    assert differences(given) == ['directions was ["min"] and is ["max"]']


def test_another_sampler_is_refused(given: Arguments, study: Study) -> None:
    given.search = settings("random", seed=1)
    assert differences(given) == ["search.seed was 0 and is 1"]
    given.search = settings("tpe")
    assert "search.kind was random and is tpe" in differences(given)


def test_another_pruner_is_refused(given: Arguments, study: Study) -> None:
    given.pruner = pruner("median")
    assert differences(given)[0] == (
        "pruner._target_ was optuna.pruners.NopPruner and is optuna.pruners.MedianPruner"
    )


def test_more_trials_are_allowed(given: Arguments, study: Study) -> None:
    points = serial(study, range(2))
    given.search = settings("random", n_trials=50, max_failures=9, retries=0)
    study = reopened(given, study)
    assert [study.ask(number) for number in range(2)] == points
    assert study.ask(2) not in points


def test_a_study_that_has_trials_is_not_created_again(given: Arguments, study: Study) -> None:
    given.create().close()  # it has none yet
    study.ask(0)
    study.close()
    with pytest.raises(StoreError) as refused:
        given.create()
    assert str(refused.value) == (
        f"{given.path}: holds trials of a study called sweep already; use --name"
    )


def test_a_study_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a {b} %20 ?c=d #1 ü"
    given = Arguments(folder, space=FLAT)
    study = given.create()
    point = study.ask(0)
    study = reopened(given, study)
    assert study.ask(0) == point
    study.close()
    assert [path.name for path in folder.iterdir()] == ["study.db"]
