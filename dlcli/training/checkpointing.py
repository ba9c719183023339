"""The callbacks that save a run's best and last checkpoint."""

from __future__ import annotations

import math
from typing import Any, Literal

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, Checkpoint

from dlcli.training.checkpoint_io import FolderCheckpointIO
from dlcli.training.logger import RunLogger
from dlcli.training.metrics import better, direction, logged, never_logged


def save(trainer: Trainer, role: str, epochs: int) -> None:
    """Save the run's state under a role; every rank must call this at once.

    Args:
        trainer: its metrics logged so far go into the manifest.
        role: ``best`` or ``last``.
        epochs: how many epochs are finished.
    """
    about = {"epoch": epochs, "metrics": fresh(trainer, role)}
    # a resumed run does not log again what is before its checkpoint, so that must be safe first
    if isinstance(trainer.logger, RunLogger):
        trainer.logger.flush()
    trainer.save_checkpoint(role, weights_only=False, storage_options=about)


def fresh(trainer: Trainer, role: str) -> dict[str, float]:
    """What has been logged of the same moment.

    Metrics of the training are logged after the validation, so beside it they are an epoch old.
    """
    ended = role == "last" or trainer.is_last_batch
    return {k: v for k, v in logged(trainer).items() if ended or "train/" not in k}


class BestCheckpoint(Checkpoint):
    """Keep the checkpoint with the best finite value of a metric.

    Args:
        monitor: the metric's name, such as ``val/loss``.
        mode: less of it is better (``min``), more (``max``), or as the model says (``auto``).
    """

    def __init__(
        self, monitor: str = "val/loss", mode: Literal["auto", "min", "max"] = "auto"
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.mode = mode
        self.value: float | None = None
        self._due = False  # to be saved when the epoch ends
        self.saved_at = -1  # the optimizer step, where an epoch's end was saved

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Take the direction from the model where it was left to it."""
        self.mode = direction(pl_module, self.monitor, self.mode)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save where the validation just done is the best so far.

        One at the end of an epoch is saved with that end: a training that goes on from here must
        not have half of it before itself.
        """
        if trainer.sanity_checking or self.monitor.startswith("train/"):
            return
        if self._is_best(trainer):
            self._due = trainer.is_last_batch
            if not self._due:
                save(trainer, "best", trainer.current_epoch + 1)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save where the epoch's last validation, or a metric of its training, is the best."""
        best_of_training = self.monitor.startswith("train/") and self._is_best(trainer)
        if self._due or best_of_training:
            self._due = False
            save(trainer, "best", trainer.current_epoch + 1)
            self.saved_at = trainer.global_step

    def _is_best(self, trainer: Trainer) -> bool:
        """Whether the metric is finite and better than ever; it is the best from then on."""
        metrics = logged(trainer)
        if self.monitor not in metrics:
            raise never_logged(self.monitor, metrics)
        value = metrics[self.monitor]
        if not math.isfinite(value) or not better(value, self.value, self.mode):
            return False
        self.value = value
        return True

    def state_dict(self) -> dict[str, Any]:
        """The best value so far."""
        return {"value": self.value, "monitor": self.monitor}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a best value; that of another metric does not count."""
        if state_dict["monitor"] == self.monitor:
            self.value = state_dict["value"]


class LastCheckpoint(Checkpoint):
    """Keep the checkpoint of the last finished epoch, to resume from.

    Args:
        every_n_epochs: save after every so many epochs.
    """

    def __init__(self, every_n_epochs: int = 1) -> None:
        super().__init__()
        self.every_n_epochs = every_n_epochs

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save after every so many epochs, and after the last."""
        finished = trainer.current_epoch + 1
        over = finished == trainer.max_epochs or 0 <= trainer.max_steps <= trainer.global_step
        due = over or trainer.should_stop or finished % self.every_n_epochs == 0
        if due and not self._copied(trainer):
            save(trainer, "last", finished)

    def _copied(self, trainer: Trainer) -> bool:
        """Copy the best one where it is of this moment; whether it was.

        Every rank comes to the same answer, as saving is for all of them.
        """
        callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
        before = callbacks[callbacks.index(self) - 1] if self in callbacks[1:] else None
        checkpoints = trainer.strategy.checkpoint_io
        if not isinstance(before, BestCheckpoint) or before.saved_at != trainer.global_step:
            return False
        if not isinstance(checkpoints, FolderCheckpointIO):
            return False
        metrics = fresh(trainer, "last")
        if trainer.is_global_zero and checkpoints.folder is not None:
            checkpoints.folder.save_copy("best", "last", metrics)
        trainer.strategy.barrier("the checkpoint's copy")
        return True
