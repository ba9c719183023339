"""An evaluation on a file of its own needs the checkpoint, and not what was trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import tiny
from tests.cli.refusing import run

KEEP = "tracking=none"


def metrics(folder: Path, *arguments: str) -> dict[str, float]:
    """What a command measured."""
    answer = run([*arguments, "--json", KEEP], folder)
    assert answer.status == 0, answer.error
    return json.loads(answer.output.splitlines()[-1])["metrics"]


@pytest.fixture
def trained(folder: Path) -> Path:
    """A run on ``old.csv``, and ``new.csv`` of the same columns."""
    tiny.write_houses(folder / "old.csv", 80)
    tiny.write_houses(folder / "new.csv", 30)
    data = ["data=csv", "data.path=old.csv", "data.target=median_house_value"]
    metrics(folder, "train", "--name", "run", "model=linear", "trainer.max_epochs=1", *data)
    return folder


def test_a_file_to_test_on_is_enough(trained: Path, recwarn: pytest.WarningsRecorder) -> None:
    there = metrics(trained, "evaluate", "run", "data.test=new.csv")
    (trained / "old.csv").unlink()
    assert metrics(trained, "evaluate", "run", "data.test=new.csv") == there
    answer = run(["evaluate", "run", KEEP], trained)
    assert (answer.status, answer.error) == (3, "error: data.path: no file old.csv")
    answer = run(["evaluate", "run", "data.test=new.csv", "--split", "val", KEEP], trained)
    assert (answer.status, answer.error) == (
        3,
        "error: data.path: no file old.csv; the val split is a share of it",
    )
    tiny.write_houses(trained / "old.csv", 70)
    answer = run(["evaluate", "run", "data.test=new.csv", KEEP], trained)
    assert answer.error.startswith("warning: data: it has changed since the run was trained")
