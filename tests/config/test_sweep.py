"""What a sweep searches, where each parameter exists, and what its trials are composed of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.config.compose import compose
from dlcli.config.space import Choice, Interval, Parameter, Steps
from dlcli.config.sweep import (
    Refused,
    SweepConfig,
    check_points,
    compose_point,
    compose_sweep,
)
from dlcli.errors import ConfigError

MINE = Path("mine")
EXPERIMENT = """# A search.
# @package _global_
defaults:
  - override /model: cnn
  - override /search: random

trainer:
  max_epochs: 3
search:
  n_trials: 7
objective:
  metric: val/acc
space:
  optimizer.lr: tag(log, interval(1e-4, 1e-1))
  model:
    cnn:
      model.net.channels: choice([8], [16])
    rnn:
      model.net.hidden: int(interval(16, 64))
    mlp:
"""


def sweep(*overrides: str, config_dir: Path | None = None) -> SweepConfig:
    return compose_sweep(overrides, config_dir)


@pytest.fixture
def experiment(write: Callable[..., Path]) -> None:
    write({"mine/experiment/e.yaml": EXPERIMENT})


def under(*options: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("model", options),)


def test_what_has_several_values_is_searched_and_the_rest_is_common():
    made = sweep(
        "model=cnn",
        "search=random",
        "search.n_trials=5",
        "optimizer.lr=tag(log, interval(1e-4, 1e-1))",
        "data.batch_size=choice(32, 64)",
        "objective.metric=val/acc",
    )
    assert made.space.parameters == (
        Parameter("optimizer.lr", Interval(1e-4, 0.1, log=True)),
        Parameter("data.batch_size", Choice((32, 64))),
    )
    assert made.overrides == made.base.overrides == ("model=cnn",)
    assert (made.settings["search"]["kind"], made.settings["search"]["n_trials"]) == ("random", 5)
    assert made.objectives == [("val/acc", "auto")]


def test_the_base_is_a_training_without_anything_of_the_sweep():
    made = sweep("optimizer.lr=choice(0.1,0.2)", "seed=3")
    assert made.base.values == compose("train", ["seed=3"]).values
    assert set(made.base.choices) == set(compose("train", []).choices)


def test_a_parameter_of_some_options_exists_only_under_them():
    made = sweep(
        "model=choice(cnn,mlp,rnn)",
        "model.net.channels=choice([8],[16])",
        "model.net.dropout=interval(0,0.5)",
        "seed=1,2",
    )
    found = {p.key: p.under for p in made.space.parameters}
    assert found["model.net.channels"] == under("cnn")
    assert found["seed"] == found["model"] == ()
    assert "rnn" in dict(found["model.net.dropout"]).get("model", ("rnn",))


def test_a_parameter_may_hang_on_several_groups():
    made = sweep(
        "optimizer.momentum=interval(0,0.9)",
        "optimizer=choice(adam,sgd)",
        "model=choice(cnn,rnn)",
        "model.net.hidden=choice(8,16)",
    )
    assert {p.key: p.under for p in made.space.parameters} == {
        "optimizer": (),
        "model": (),
        "optimizer.momentum": (("optimizer", ("sgd",)),),
        "model.net.hidden": under("rnn"),
    }


def test_space_in_a_file_means_what_overrides_mean(experiment: None):
    made = sweep("experiment=e", config_dir=MINE)
    assert made.space.parameters == (
        Parameter("model", Choice(("cnn", "rnn", "mlp")), True),
        Parameter("optimizer.lr", Interval(1e-4, 0.1, log=True)),
        Parameter("model.net.channels", Choice(([8], [16])), under=under("cnn")),
        Parameter("model.net.hidden", Steps(16, 64), under=under("rnn")),
    )
    twin = sweep(
        "model=choice(cnn,rnn,mlp)",
        "optimizer.lr=tag(log, interval(1e-4, 1e-1))",
        "model.net.channels=choice([8], [16])",
        "model.net.hidden=int(interval(16, 64))",
    )
    assert made.space == twin.space
    assert made.settings["search"]["n_trials"] == 7
    assert made.settings["search"]["kind"] == "random"
    assert made.objectives == [("val/acc", "auto")]


def test_train_leaves_out_what_an_experiment_says_of_a_sweep(experiment: None):
    config = compose("train", ["experiment=e"], MINE)
    assert config.values["trainer"]["max_epochs"] == 3
    assert not {"search", "space", "objective", "pruner", "executor"} & set(config.values)
    assert "search" not in config.choices


def test_the_command_line_wins_over_the_space_of_a_file(experiment: None):
    made = sweep("experiment=e", "model=rnn", "optimizer.lr=0.1,0.2", config_dir=MINE)
    assert {p.key: p.domain for p in made.space.parameters} == {
        "optimizer.lr": Choice((0.1, 0.2)),
        "model.net.hidden": Steps(16, 64),
    }
    fixed = sweep("experiment=e", "optimizer.lr=0.1", "model=mlp,cnn", config_dir=MINE)
    assert [p.key for p in fixed.space.parameters] == ["model", "model.net.channels"]
    assert fixed.space.parameters[0].domain == Choice(("mlp", "cnn"))


def test_a_group_below_another_is_searched_only_there(write: Callable[..., Path]):
    write(
        {
            "mine/experiment/e.yaml": "# @package _global_\nspace:\n  model:\n    mlp:\n    cnn:\n"
            "      optimizer:\n        sgd:\n          optimizer.momentum: 0.5, 0.9\n"
            "        adam:\n"
        }
    )
    made = sweep("experiment=e", "search=grid", config_dir=MINE)
    assert made.space.grid() == [
        {"model": "mlp"},
        {"model": "cnn", "optimizer": "sgd", "optimizer.momentum": 0.5},
        {"model": "cnn", "optimizer": "sgd", "optimizer.momentum": 0.9},
        {"model": "cnn", "optimizer": "adam"},
    ]
    assert check_points(made, made.space.grid()) == []


def test_a_key_may_have_other_values_under_another_option(write: Callable[..., Path]):
    text = "# @package _global_\nspace:\n  model:\n"
    for option, values in (("cnn", "0.1, 0.2"), ("rnn", "0.3, 0.4"), ("mlp", "0.1, 0.2")):
        text += f"    {option}:\n      optimizer.lr: {values}\n"
    write({"mine/experiment/e.yaml": text})
    parameters = sweep("experiment=e", config_dir=MINE).space.parameters
    assert [(p.name, p.under) for p in parameters[1:]] == [
        ("optimizer.lr", under("cnn", "mlp")),
        ("optimizer.lr@model=rnn", under("rnn")),
    ]


def test_a_searched_value_without_a_default_needs_none():
    made = sweep("data=csv", "data.path=choice(a.csv,b.csv)", "data.target=y")
    assert made.base.values["data"]["path"] == "a.csv"


def test_options_of_a_group_may_be_lists_and_globs():
    made = sweep("callbacks=choice([default],[default,timer])", "model=glob(cnn/vgg*)")
    assert [p.domain for p in made.space.parameters] == [
        Choice((["default"], ["default", "timer"])),
        Choice(("cnn/vgg11", "cnn/vgg16")),
    ]
    assert check_points(made, made.space.corners()) == []


def test_several_objectives_have_a_mode_each_or_one_for_all():
    metrics = "objective.metric=[val/acc,cost/params]"
    both = sweep("seed=1,2", metrics, "objective.mode=[max,min]")
    assert both.objectives == [("val/acc", "max"), ("cost/params", "min")]
    assert sweep("seed=1,2", metrics).objectives == [("val/acc", "auto"), ("cost/params", "auto")]


def test_a_pruners_epochs_are_the_trainings():
    made = sweep("seed=1,2", "pruner=hyperband", "trainer.max_epochs=9")
    assert made.settings["pruner"]["max_resource"] == 9


def test_ones_own_sweep_file_says_what_is_searched(write: Callable[..., Path]):
    write(
        {
            "mine/sweep.yaml": "defaults:\n  - search: grid\n  - pruner: none\n"
            "  - executor: local\n  - train\n  - _self_\n"
            "trainer:\n  max_epochs: 2\nobjective:\n  metric: val/acc\n  mode: max\n"
            "space:\n  seed: range(1, 3)\n"
        }
    )
    made = sweep(config_dir=MINE)
    assert made.space.grid() == [{"seed": 1}, {"seed": 2}, {"seed": 3}]
    assert made.base.values["trainer"]["max_epochs"] == 2
    assert compose_point(made, {"seed": 2}).values["trainer"]["max_epochs"] == 2


def test_more_trials_than_points_are_told_of():
    widths = "model.net.widths=choice([16],[32])"
    made = sweep("model=mlp", widths, "search=random", "search.n_trials=3")
    assert made.base.warnings == (
        "search.n_trials: 3 trials of a space of 2 points, so some are tried again with the same "
        "seed; search=grid tries each once",
    )
    lr = "optimizer.lr=interval(0.1,0.2)"
    enough = [("search=random", "search.n_trials=2"), ("search=grid",), ("search.n_trials=3", lr)]
    for overrides in enough:
        assert sweep("model=mlp", widths, *overrides).base.warnings == ()


def test_an_unknown_experiment_is_all_that_is_told_of_it(folder: Path):
    with pytest.raises(ConfigError) as caught:
        sweep("experiment=mine")
    assert [text.partition(";")[0] for text in caught.value.problems] == [
        "override experiment=mine: experiment has no option 'mine'"
    ]
    (folder / "conf" / "experiment").mkdir(parents=True)
    (folder / "conf" / "experiment" / "mine.yaml").write_text("seed: 1\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml is not read without --config-dir conf"):
        sweep("experiment=mine")


def test_a_corner_that_cannot_be_trained_is_named_with_its_problems():
    made = sweep("optimizer.lr=interval(0,0.1)", "data.batch_size=interval(8,64)")
    refused = check_points(made, made.space.corners())
    assert refused[0] == Refused(
        {"optimizer.lr": 0.0, "data.batch_size": 8.0},
        [
            "override data.batch_size=8.0: expected a whole number; got 8.0; "
            "write int(interval(8, 64))",
            "override optimizer.lr=0.0: must be above 0 and at most 1000000; got 0.0",
        ],
    )
    assert len(refused) == 4
    assert len({problem for one in refused for problem in one.problems}) == 3


def test_corners_of_fitting_options_are_not_refused():
    made = sweep("model=choice(cnn,rnn,transformer)", "model.net.channels=choice([8],[16,32])")
    assert check_points(made, made.space.corners()) == []


def test_nothing_is_created(folder: Path):
    made = sweep("seed=1,2")
    check_points(made, made.space.corners())
    assert list(folder.iterdir()) == []
