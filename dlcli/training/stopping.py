"""Stopping on Ctrl-C, SIGTERM and SIGHUP: after a batch, with a checkpoint; at once if again."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.errors import Stopped
from dlcli.training.checkpointing import save
from dlcli.training.unheard import watch

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LAST_S = 3.0  # for what comes before the end, where the main thread may hold what it needs


class StopRequest:
    """What the signals of this process have asked for.

    The first signal is noted and obeyed at the end of the batch; Ctrl-C after it ends the process.
    Any other may come twice for one wish: from a scheduler, and from the sweep that hears it, too.
    Where the main thread does not come to hear them, they end the process after a while.

    Args:
        at_once: called before the process ends at once.
    """

    def __init__(self, at_once: Callable[[int], None]) -> None:
        self.signal: int | None = None
        self._at_once = at_once
        self._ending = False

    def install(self) -> None:
        """Handle the signals from here on; only in the main thread, which alone may."""
        for number in SIGNALS:
            under_nohup = number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
            if not under_nohup:
                signal.signal(number, self._handle)
        watch.over(self)

    def over(self) -> None:
        """Nothing is trained any more: a signal is noted, and no time is set for obeying it."""
        watch.leave(self)

    def handles(self, number: int) -> bool:
        """Whether this signal, as things are, comes to this request."""
        return signal.getsignal(number) == self._handle

    def end(self, number: int) -> None:
        """End the process, which did not come to obey; on another thread than the main one."""
        if not self.handles(number):
            return
        try:
            last = threading.Thread(target=self._last_act, args=(number,), daemon=True)
            last.start()
            last.join(LAST_S)
        finally:
            os._exit(128 + number)

    def _last_act(self, number: int) -> None:
        if self._ending:  # the main thread is at it
            time.sleep(LAST_S)
            return
        self._at_once(number)
        name = signal.Signals(number).name
        _say(f"error: stopped by {name} at once, as no batch came to its end")

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            _say("stopping after this batch; once more to stop at once")
        elif number == signal.SIGINT:
            self._ending = True
            self._at_once(number)
            os._exit(128 + number)

    def check(self) -> None:
        """Raise where a signal has come.

        Raises:
            Stopped: with the signal.
        """
        if self.signal is not None:
            raise Stopped(f"stopped by {signal.Signals(self.signal).name}", self.signal)


class NoStop(StopRequest):
    """Leaves the signals to others."""

    def __init__(self) -> None:
        super().__init__(at_once=lambda number: None)

    def install(self) -> None:
        """Nothing."""


class StopOnSignal(Callback):
    """Ends the training after the batch in which a signal came, with a checkpoint to go on from.

    Args:
        request: what the signals have asked for.
    """

    def __init__(self, request: StopRequest) -> None:
        self.request = request

    def on_sanity_check_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals back from Lightning, which would only heed SIGTERM after the epoch."""
        self.request.install()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals back."""
        self.request.install()

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals back."""
        self.request.install()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any
    ) -> None:
        """Save and stop, unless the epoch ends here: that is validated and saved first."""
        if self._asked(trainer) and _divisible(trainer):
            if _resumable(trainer):
                save(trainer, "last", trainer.current_epoch)
            self.request.check()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End after this epoch, which the last checkpoint then saves."""
        if self._asked(trainer):
            trainer.should_stop = True

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop between two epochs, of which the first is saved already."""
        if self._asked(trainer):
            self.request.check()

    def on_test_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any
    ) -> None:
        """Stop; the training is done and saved, so a resumed run only tests again."""
        if self._asked(trainer):
            self.request.check()

    def _asked(self, trainer: Trainer) -> bool:
        """Whether any rank was asked to stop; all must hear of it in the same batch."""
        asked = self.request.signal is not None
        if trainer.world_size == 1:
            return asked
        heard = bool(trainer.strategy.reduce_boolean_decision(asked, all=False))
        if heard and not asked:
            self.request.signal = signal.SIGTERM
        return heard


def _say(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody may be there to read it
        print(line, file=sys.stderr)


def _divisible(trainer: Trainer) -> bool:
    """Whether an epoch can be left after this batch and gone on with as if it had not been.

    Not where gradients are being accumulated, which are in no checkpoint; nor where a validation
    is due, which a resumed epoch would leave out.
    """
    epoch = trainer.fit_loop.epoch_loop
    fetcher = trainer.fit_loop._data_fetcher
    assert fetcher is not None
    if epoch._is_training_done or epoch._should_accumulate():
        return False
    return not epoch._should_check_val_fx(fetcher)


def _resumable(trainer: Trainer) -> bool:
    """Whether the training data can go on in the middle of an epoch."""
    loader = trainer.train_dataloader
    return hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")
