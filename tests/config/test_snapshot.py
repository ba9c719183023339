"""A sweep's own copy of the configuration: its trials are composed from it, whatever is edited."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlcli.config.compose import compose
from dlcli.config.sweep import (
    SweepConfig,
    compose_point,
    compose_sweep,
    compose_trial,
    point_overrides,
    snapshot,
)
from dlcli.errors import ConfigError

MINE = Path("mine")
EXPERIMENT = """# A search.
# @package _global_
defaults:
  - override /model: cnn

trainer:
  max_epochs: 3
space:
  optimizer.lr: tag(log, interval(1e-4, 1e-1))
"""


def sweep(*overrides: str, config_dir: Path | None = None) -> SweepConfig:
    return compose_sweep(overrides, config_dir)


@pytest.fixture
def experiment(write: Callable[..., Path]) -> None:
    write({"mine/experiment/e.yaml": EXPERIMENT})


def trials(made: SweepConfig, target: Path | None, config_dir: Path | None = None) -> list[Any]:
    points = made.space.corners()
    texts = [[*made.overrides, *point_overrides(point)] for point in points]
    return [compose_trial(text, target, made.base.allow, config_dir).values for text in texts]


def test_a_trial_is_what_training_its_overrides_is(folder: Path):
    made = sweep("model=choice(cnn,rnn)", "optimizer.lr=choice(0.1,1e-5)", "trainer.max_epochs=3")
    snapshot(None, folder / "conf")
    pasted = [
        compose("train", [*made.overrides, *point_overrides(point)]).values
        for point in made.space.corners()
    ]
    assert trials(made, folder / "conf") == trials(made, None) == pasted
    assert [compose_point(made, p).values for p in made.space.corners()] == pasted


def test_a_snapshot_keeps_the_trials_as_they_were(experiment: None, folder: Path):
    made = sweep("experiment=e", config_dir=MINE)
    before = trials(made, None, MINE)
    target = folder / "sweeps" / "s" / "conf"
    snapshot(MINE, target)
    (folder / "mine/experiment/e.yaml").write_text(
        "# @package _global_\ntrainer:\n  max_epochs: 9\n"
    )
    assert trials(made, target) == before
    shutil.rmtree(MINE)
    again = compose_sweep(("experiment=e",), target)
    assert (again.space, again.base.values) == (made.space, made.base.values)
    assert again.base.origins["trainer.max_epochs"] == "mine/experiment/e.yaml (experiment=e)"


def test_a_snapshot_replaces_one_that_was_not_finished(folder: Path):
    (folder / "conf/own").mkdir(parents=True)
    (folder / ".conf.new").mkdir()
    snapshot(None, folder / "conf")
    assert sorted(path.name for path in folder.iterdir()) == ["conf"]
    assert sorted(path.name for path in (folder / "conf").iterdir()) == [
        "packaged",
        "snapshot.json",
    ]


def test_a_snapshot_that_is_damaged_is_refused(folder: Path):
    snapshot(None, folder / "conf")
    shutil.rmtree(folder / "conf/packaged")
    with pytest.raises(ConfigError, match="does not exist"):
        compose_trial([], folder / "conf", ())
    (folder / "conf/snapshot.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        compose_trial([], folder / "conf", ())


def test_a_folder_of_thousands_of_files_is_no_configuration(write: Callable[..., Path]):
    write({f"mine/{number}.yaml": "" for number in range(2001)})
    with pytest.raises(ConfigError, match="more than 2,000 files"):
        snapshot(MINE, Path("conf"))
