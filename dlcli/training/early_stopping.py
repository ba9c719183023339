"""Early stopping that takes its direction from the model."""

from __future__ import annotations

from typing import Any, Literal

from pytorch_lightning import LightningModule, Trainer, callbacks

from dlcli.training.metrics import direction, never_logged


class EarlyStopping(callbacks.EarlyStopping):
    """Lightning's early stopping, for which ``mode`` may be left to the model.

    Args:
        monitor: the metric's name, such as ``val/loss``.
        mode: less of it is better (``min``), more (``max``), or as the model says (``auto``).
        patience: how many validations without improvement to wait for.
        min_delta: how much better a value must be to count, in the metric's unit.
    """

    def __init__(
        self,
        monitor: str = "val/loss",
        mode: Literal["auto", "min", "max"] = "auto",
        patience: int = 10,
        min_delta: float = 0.0,
    ) -> None:
        self._asked = mode
        self._validated = False  # in this epoch
        super().__init__(
            monitor=monitor,
            mode="min" if mode == "auto" else mode,
            patience=patience,
            min_delta=min_delta,
        )

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Take the direction from the model where it was left to it."""
        if self._asked == "auto":
            self._turn(direction(pl_module, self.monitor, "auto"))
        if self.monitor.startswith("train/"):
            self._check_on_train_epoch_end = True
        super().setup(trainer, pl_module, stage)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Train no further where the training had stopped before it was resumed."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check where it is not left to the end of the epoch."""
        self._validated = not trainer.sanity_checking
        super().on_validation_end(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check, unless the training ends before the epoch's validation: nothing is new then."""
        awaited = any(trainer.num_val_batches) and not self.monitor.startswith("train/")
        if self._validated or not awaited:
            super().on_train_epoch_end(trainer, pl_module)
        self._validated = False

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on waiting, with the patience that is asked for now."""
        super().load_state_dict({**state_dict, "patience": self.patience})

    def _validate_condition_metric(self, logs: Any) -> bool:
        """Where Lightning raises what a user cannot tell from a bug.

        Raises:
            TrainingError: the metric was not logged.
        """
        if self.monitor not in logs:
            raise never_logged(self.monitor, logs)
        return True

    def _turn(self, mode: Literal["min", "max"]) -> None:
        if mode == self.mode:
            return
        self.mode = mode
        self.min_delta = -self.min_delta
        self.best_score = -self.best_score
