"""A training that has diverged is stopped, whoever wrote its module."""

from __future__ import annotations

import math

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.errors import TrainingError
from dlcli.training.metrics import logged


class StopOnDivergence(Callback):
    """Ends the training when a loss that was logged is infinite or not a number."""

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look before the best checkpoint is saved."""
        if not trainer.sanity_checking:
            check_losses(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look before the last checkpoint is saved."""
        check_losses(trainer)


def check_losses(trainer: Trainer) -> None:
    """Refuse losses that are not finite.

    Raises:
        TrainingError: naming the first.
    """
    for name, value in logged(trainer).items():
        if name.rpartition("/")[2] == "loss" and not math.isfinite(value):
            raise TrainingError(
                f"training diverged: {name} is {value} in epoch {trainer.current_epoch}; "
                "lower optimizer.lr or set trainer.gradient_clip_val",
                reason="diverged",
            )
