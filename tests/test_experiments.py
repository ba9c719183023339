"""Every experiment runs, on a tiny budget, with the files that it names."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmarks.results import ACCURACY, CONF, SCORES
from dlcli.config.compose import compose
from dlcli.training.session import Session
from tests import tiny

NAMES = sorted(path.stem for path in CONF.glob("*.yaml"))
BUDGET = [
    "tracking=none",
    "trainer.accelerator=cpu",
    "trainer.max_epochs=1",
    *(f"+trainer.limit_{stage}_batches=2" for stage in ("train", "val", "test")),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiments")
    tiny.write_all(folder)
    return folder


SLOW = {"dcgan_mnist"}
TRIED = [pytest.param(one, marks=[pytest.mark.slow] if one in SLOW else []) for one in NAMES]


@pytest.mark.parametrize("name", TRIED)
def test_an_experiment_gives_the_score_it_is_judged_by(name, files, tmp_path, monkeypatch):
    monkeypatch.chdir(files)
    config = compose("train", [f"experiment={name}", *BUDGET])
    result = Session(config, tmp_path, quiet=True).complete(tmp_path)
    scores = [result.metrics[score] for score in SCORES.get(name, ACCURACY)]
    assert all(map(math.isfinite, scores))


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_says_what_it_is_and_how_it_is_run(name):
    first = (CONF / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert f": dlcli train experiment={name}" in first


def test_every_score_is_of_an_experiment():
    assert set(SCORES) <= set(NAMES)
