"""A GAN stopped in the middle of an epoch goes on with both sides and its referee."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcli.errors import Stopped
from dlcli.models import judge
from dlcli.models.gan import GAN
from dlcli.training.stopping import SIGNALS
from tests.training.killing import BASE, Outcome, _left, differences, work
from tests.training.test_resume import learned

OVERRIDES = (*BASE, "model=gan/conditional", "callbacks.pictures.every_n_epochs=2")
STOPPED_AT = 8  # of 5 batches an epoch


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """Put the handlers back that a training in this process replaces."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def left(root: Path) -> Outcome:
    return Outcome(*_left(root), 0, 0.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_gan_stopped_in_the_middle_of_an_epoch_ends_as_an_unbroken_one(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "STEPS", 20)
    work(OVERRIDES, tmp_path / "unbroken")
    step = GAN.training_step

    def stopping_step(module: GAN, batch, batch_idx):
        if module.trainer.global_step == STOPPED_AT:
            os.kill(os.getpid(), number)
        return step(module, batch, batch_idx)

    with monkeypatch.context() as patched:
        patched.setattr(GAN, "training_step", stopping_step)
        with pytest.raises(Stopped):
            work(OVERRIDES, tmp_path / "stopped")
    work(OVERRIDES, tmp_path / "stopped")
    unbroken, resumed = left(tmp_path / "unbroken"), left(tmp_path / "stopped")
    assert differences(learned(unbroken), learned(resumed)) == []
    assert unbroken.metrics == resumed.metrics
