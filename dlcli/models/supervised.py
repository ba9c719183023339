"""The LightningModule of every task with a right answer: a class, a value, the next token."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlcli.data.spec import DataSpec
from dlcli.errors import TrainingError
from dlcli.models.mean import Mean
from dlcli.models.schedule import Schedule
from dlcli.models.task import Better, task

Batch = tuple[Tensor, Tensor]
STAGES = ("train", "val", "test")


class Supervised(pl.LightningModule):
    """Completes a net, an optimizer and a schedule, and trains by the loss of the target.

    Logs once an epoch ``STAGE/loss`` and, by target, ``STAGE/acc``, ``STAGE/rmse``,
    ``STAGE/mae`` or ``STAGE/perplexity``, exact over all processes and uneven batches.

    Args:
        net: makes the net from the spec; the net maps ``(B, *spec.shape)`` to
            ``(B, spec.outputs)``.
        spec: what the data looks like.
        optimizer: makes the optimizer from the parameters.
        scheduler: how the learning rate changes; None for a constant one.
        label_smoothing: how much of the target goes to all classes alike (Szegedy et al. 2016).

    Raises:
        ConfigError: if the net or the loss cannot serve this data.
    """

    def __init__(
        self,
        net: Callable[[DataSpec], nn.Module],
        spec: DataSpec,
        optimizer: Callable[..., Optimizer],
        scheduler: Schedule | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.spec = spec
        self.task = task(spec, label_smoothing)
        self.net = net(spec)
        self.optimizer = optimizer
        self.scheduler = scheduler or Schedule()
        self.means = {stage: Mean(self.task.quantities) for stage in STAGES}
        self._lr: float | None = None

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``."""
        output: Tensor = self.net(x)
        return output

    def metrics(self) -> dict[str, Better]:
        """What is logged, and which way of it is better."""
        better = self.task.better.items()
        return {f"{stage}/{name}": way for stage in STAGES for name, way in better}

    @property
    def lr(self) -> float | None:
        """The optimizer's learning rate, by its configuration or as it was set since."""
        if self._lr is not None:
            return self._lr
        return getattr(self.optimizer, "keywords", {}).get("lr")

    @lr.setter
    def lr(self, value: float) -> None:
        self._lr = value

    def configure_optimizers(self) -> Any:
        """The optimizer over all parameters, and its schedule."""
        changed = {} if self._lr is None else {"lr": self._lr}
        optimizer = self.optimizer(self.parameters(), **changed)
        # Lightning counts the steps by loading the data, which a curve by epochs need not wait for.
        by_step = self.scheduler.curve is not None and self.scheduler.interval == "step"
        steps = self.trainer.estimated_stepping_batches if by_step else math.inf
        schedule = self.scheduler.build(optimizer, steps, self.metrics())
        return optimizer if schedule is None else {"optimizer": optimizer, "lr_scheduler": schedule}

    def step(self, batch: Batch, stage: str) -> Tensor:
        """The loss of a batch, whose sums are added to the stage's means."""
        inputs, target = batch
        output = self.net(inputs)
        loss = self.task.loss(output, target)
        # A process can be left without a share of a last, small batch to evaluate.
        if count := self.task.count(target):
            sums = self.task.sums(loss.detach(), output.detach(), target)
            self.means[stage].update(sums, count)
        return loss

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss to minimise."""
        return self.step(batch, "train")

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch to the validation means."""
        self.step(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch to the test means."""
        self.step(batch, "test")

    def predict_step(self, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor]:
        """The outputs (logits for classes) and the targets of a batch."""
        inputs, target = batch
        return self.net(inputs), target

    def on_train_epoch_start(self) -> None:
        """Start the epoch's means; an epoch resumed in its middle goes on with its own."""
        self.means["train"].reset()

    def on_validation_epoch_start(self) -> None:
        """Start the means; stop a diverged training before anything of it is saved."""
        self.means["val"].reset()
        if self.trainer.state.fn == "fit":
            self._report("train")

    def on_test_epoch_start(self) -> None:
        """Start the means."""
        self.means["test"].reset()

    def on_train_epoch_end(self) -> None:
        """Log the training means; let a schedule that goes by a metric take its step."""
        report = self._log("train")
        schedule = self.lr_schedulers()
        if isinstance(schedule, ReduceLROnPlateau):
            schedule.step(self._monitored(report))

    def _monitored(self, report: dict[str, Tensor]) -> Tensor:
        """The metric that the schedule goes by.

        Raises:
            TrainingError: if it was not logged.
        """
        monitor = self.trainer.lr_scheduler_configs[0].monitor
        known = {**self.trainer.callback_metrics, **report}
        if monitor not in known:
            raise TrainingError(
                f"scheduler.monitor: '{monitor}' was not logged; logged are "
                f"{', '.join(sorted(known))}",
                reason="monitor",
            )
        return known[monitor]

    def on_validation_epoch_end(self) -> None:
        """Log the validation means."""
        self._log("val")

    def on_test_epoch_end(self) -> None:
        """Log the test means."""
        self._log("test")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the training means, for an epoch that is resumed in its middle."""
        checkpoint["means"] = self.means["train"].state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the training means."""
        if "means" in checkpoint:
            self.means["train"].load_state_dict(checkpoint["means"])

    def _log(self, stage: str) -> dict[str, Tensor]:
        report = self._report(stage)
        # All processes hold the same values already; the largest of them is each of them, to the
        # bit, and Lightning is not led to warn that they were not brought together.
        self.log_dict(report, sync_dist=True, reduce_fx="max")
        return report

    def _report(self, stage: str) -> dict[str, Tensor]:
        """The stage's quantities by name, over all processes.

        Raises:
            TrainingError: if training made the loss infinite or not a number.
        """
        means = self.means[stage].compute(self._summed)
        if means is None:
            return {}
        if self.trainer.state.fn == "fit" and not bool(torch.isfinite(means[0])):
            raise TrainingError(
                f"training diverged: {stage}/loss is {means[0].item()} in epoch "
                f"{self.current_epoch}; lower optimizer.lr or set trainer.gradient_clip_val",
                reason="diverged",
            )
        report = self.task.report(means)
        return {f"{stage}/{name}": value.float() for name, value in report.items()}

    def _summed(self, totals: Tensor) -> Tensor:
        totals = totals.to(self.device)
        reduced: Tensor = self.trainer.strategy.reduce(totals, reduce_op="sum")
        return reduced
