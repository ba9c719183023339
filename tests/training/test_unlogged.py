"""What a training measured in an epoch is recorded, also where it died as the epoch was saved."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from dlcli.errors import Stopped
from dlcli.training.logger import RunLogger
from tests.training.killing import Outcome
from tests.training.parted import stopped_in_batch, train
from tests.training.test_resume import compare

EPOCHS = 3
OVERRIDES = (f"trainer.max_epochs={EPOCHS}", "+trainer.accumulate_grad_batches=2")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a run leaves that nobody stops."""
    return train(OVERRIDES, tmp_path_factory.mktemp("unbroken"))


@pytest.mark.parametrize("epoch", range(EPOCHS))
def test_metrics_of_an_epoch_that_was_saved_and_not_logged_are_not_lost(
    epoch: int, unbroken: Outcome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = RunLogger.log_metrics

    def log_metrics(self: RunLogger, metrics: dict[str, float], step: int | None = None) -> None:
        if "train/loss" in metrics and metrics["epoch"] == epoch:
            raise Stopped("stopped", signal.SIGKILL)
        log(self, metrics, step)

    with monkeypatch.context() as patched:
        patched.setattr(RunLogger, "log_metrics", log_metrics)
        with pytest.raises(Stopped):
            train(OVERRIDES, tmp_path)
    compare(unbroken, train(OVERRIDES, tmp_path))


def test_an_epoch_that_was_stopped_in_its_middle_owes_nothing(
    unbroken: Outcome, tmp_path: Path
) -> None:
    stopped_in_batch(OVERRIDES, tmp_path, 7)
    compare(unbroken, train(OVERRIDES, tmp_path))
