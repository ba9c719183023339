"""Two processes train as one: one record, one set of checkpoints, nearly the same loss."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import run_command

TINY = ("trainer.max_epochs=2", "model=mlp", "~callbacks.early_stopping", "--json")


def test_two_processes_record_one_run_and_learn_as_one(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    alone = run_command(one, "train", "trainer=cpu", *TINY)
    shared = run_command(two, "train", "trainer=ddp", *TINY)
    assert (alone.status, shared.status) == (0, 0), shared.stderr
    assert len(list((two / "mlruns" / "runs").iterdir())) == 1
    assert len(list(two.glob("mlruns/runs/*/artifacts/checkpoints/*.ckpt"))) == 2
    loss, both = (done.json["metrics"]["test/loss"] for done in (alone, shared))
    assert abs(both - loss) < 0.02 * loss
    assert shared.stdout.count("{") == alone.stdout.count("{")
