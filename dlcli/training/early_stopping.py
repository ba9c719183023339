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
        super().setup(trainer, pl_module, stage)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Train no further where the training had stopped before it was resumed."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True

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
