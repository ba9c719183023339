"""Train in this process, stop at a batch or after an epoch, and go on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dlcli.errors import Stopped
from dlcli.models.supervised import Supervised
from dlcli.training.stopping import SIGNALS
from tests.training.killing import Outcome, _left, work

BASE = ("trainer=cpu", "model=mlp", "data.batch_size=256", "model.net.dropout=0.3")  # 5 batches


@contextmanager
def own_signals() -> Iterator[None]:
    """Put the handlers back that a training in this process replaces."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def train(overrides: tuple[str, ...], root: Path) -> Outcome:
    """Start the run of a store, or go on in it, to the end."""
    with own_signals():
        work((*BASE, *overrides), root)
    return left(root)


def left(root: Path) -> Outcome:
    """What the run of a store has left so far."""
    return Outcome(*_left(root), 0, 0.0)


def stopped_in_batch(overrides: tuple[str, ...], root: Path, number: int) -> None:
    """Train, and get a SIGTERM in a batch, counted from 1 over all epochs."""
    learn, batches = Supervised.training_step, iter(range(1, 1000))

    def training_step(module: Supervised, *batch: Any) -> Any:
        if next(batches) == number:
            os.kill(os.getpid(), signal.SIGTERM)
        return learn(module, *batch)

    _stopped(overrides, root, "training_step", training_step)


def stopped_after(overrides: tuple[str, ...], root: Path, epochs: int) -> None:
    """Train, and end as an epoch begins when so many are finished."""
    begin = Supervised.on_train_epoch_start

    def on_train_epoch_start(module: Supervised) -> None:
        if module.current_epoch == epochs:
            raise Stopped("stopped", signal.SIGTERM)
        begin(module)

    _stopped(overrides, root, "on_train_epoch_start", on_train_epoch_start)


def _stopped(overrides: tuple[str, ...], root: Path, name: str, hook: Callable[..., Any]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Supervised, name, hook)
        with pytest.raises(Stopped):
            train(overrides, root)
