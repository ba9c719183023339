"""A GAN stopped or killed in the middle of an epoch goes on with both sides and its referee."""

from __future__ import annotations

import multiprocessing
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

OVERRIDES = (
    *(text for text in BASE if not text.startswith("trainer.max_epochs")),
    "trainer.max_epochs=3",
    "model=gan/conditional",
    "callbacks.pictures.every_n_epochs=2",
)
STEPS = 20  # of the referee
STOPPED_AT = 8  # of 5 batches an epoch


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """Put the handlers back that a training in this process replaces."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "STEPS", STEPS)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a run leaves that nobody stops."""
    root = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judge, "STEPS", STEPS)
        work(OVERRIDES, root)
    return left(root)


def left(root: Path) -> Outcome:
    return Outcome(*_left(root), 0, 0.0)


def signalled(root: Path, number: int) -> None:
    """Train, and send the own process a signal in the second epoch."""
    step = GAN.training_step

    def stopping_step(module: GAN, batch, batch_idx):
        if module.trainer.global_step == STOPPED_AT:
            os.kill(os.getpid(), number)
        return step(module, batch, batch_idx)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judge, "STEPS", STEPS)
        patched.setattr(GAN, "training_step", stopping_step)
        work(OVERRIDES, root)


def check_end(root: Path, unbroken: Outcome) -> None:
    """Go on to the end, which is that of the unbroken run."""
    work(OVERRIDES, root)
    resumed = left(root)
    assert differences(learned(unbroken), learned(resumed)) == []
    assert unbroken.metrics == resumed.metrics


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_gan_stopped_in_the_middle_of_an_epoch_ends_as_an_unbroken_one(
    number: signal.Signals, tmp_path: Path, unbroken: Outcome
) -> None:
    with pytest.raises(Stopped):
        signalled(tmp_path, number)
    check_end(tmp_path, unbroken)


def test_a_gan_killed_in_the_middle_of_an_epoch_ends_as_an_unbroken_one(
    tmp_path: Path, unbroken: Outcome
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.warm"])
    process = context.Process(target=signalled, args=(tmp_path, signal.SIGKILL))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    check_end(tmp_path, unbroken)
