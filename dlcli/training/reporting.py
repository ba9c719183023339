"""Report the metrics of every epoch of a trial, and stop where the answer says so."""

from __future__ import annotations

import time
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.training.metrics import logged
from dlcli.training.outcome import Reporter

LOOK_S = 0.1  # between two looks at a file, in the middle of an epoch


class Pruned(Exception):
    """A training that was asked to stop in the middle of an epoch."""


class ReportEpochs(Callback):
    """Hands on what every epoch with a validation logged.

    Args:
        reporter: where to; None on the ranks that report nothing.
    """

    def __init__(self, reporter: Reporter | None) -> None:
        self.reporter = reporter
        self.pruned = False
        self._validated = False
        self._looked = 0.0

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note that there is something to report; an epoch may be validated several times."""
        self._validated = not trainer.sanity_checking

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report, and end after this epoch where that is the answer."""
        asked, values = False, logged(trainer)  # on every rank, as it may add up over all
        if self.reporter is not None:
            asked = self.reporter.stop_asked
            if self._validated or not trainer.enable_validation:
                asked = self.reporter.report(trainer.current_epoch + 1, values)
        self._validated = False
        if self._agreed(trainer, asked):
            self.pruned = True
            trainer.should_stop = True

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any
    ) -> None:
        """Spare the rest of an epoch that nobody will look at, where one process trains alone.

        Raises:
            Pruned: the answer to the last report has come.
        """
        if self.reporter is None or trainer.world_size > 1 or trainer.is_last_batch:
            return
        now = time.monotonic()
        if now - self._looked > LOOK_S:
            self._looked = now
            if self.reporter.stop_asked:
                raise Pruned

    def _agreed(self, trainer: Trainer, asked: bool) -> bool:
        """What the first rank was told; all must hear of it after the same epoch."""
        if trainer.world_size == 1:
            return asked
        return bool(trainer.strategy.reduce_boolean_decision(asked, all=False))
