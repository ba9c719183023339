"""Two processes train as one: one record, one set of checkpoints, nearly the same loss.

They do in the job of a scheduler, too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests import terminal
from tests.conftest import run_command
from tests.training.test_processes import JOB

TINY = "trainer.max_epochs=2 model=mlp ~callbacks.early_stopping --quiet --json"


def test_two_processes_record_one_run_and_learn_as_one(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    alone = terminal.run(f"dlcli train trainer=cpu {TINY}", one)
    shared = run_command(two, "train", "trainer=ddp", *TINY.split(), **JOB)
    assert (alone.status, shared.status) == (0, 0), shared.stderr
    assert len(list((two / "mlruns" / "runs").iterdir())) == 1
    assert len(list(two.glob("mlruns/runs/*/artifacts/checkpoints/*.ckpt"))) == 2
    (told,), (both,) = objects(alone.output), objects(shared.stdout)
    loss = told["metrics"]["test/loss"]
    assert abs(both["metrics"]["test/loss"] - loss) < 0.02 * loss


def objects(output: str) -> list[dict[str, Any]]:
    """The JSON objects that a command printed."""
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
