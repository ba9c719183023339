"""What the LightningModules of all tasks share: exact epoch means, the optimizer, the schedule."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlcli.data.spec import DataSpec
from dlcli.errors import TrainingError
from dlcli.models.freeze import frozen_modules
from dlcli.models.mean import Mean
from dlcli.models.regularizer import Regularizer
from dlcli.models.schedule import NEVER, Schedule
from dlcli.models.task import Better

Batch = tuple[Tensor, Tensor]
STAGES = ("train", "val", "test")
CURRENT_HOOK = "_current_fx_name"  # set by Lightning before and after every hook that it calls


class Learner(pl.LightningModule):
    """Trains a net by the loss that ``step`` gives, and logs means that are exact.

    Logs once an epoch ``STAGE/quantity``, exact over all processes and uneven batches.

    Args:
        net: to train.
        spec: what the data looks like.
        optimizer: makes the optimizer from the parameters.
        scheduler: how the learning rate changes; None for a constant one.
        regularizer: what keeps the weights small; None for nothing.
        quantities: how many sums ``step`` adds to the means, the loss first.
        init_from: a RUN, or a file of weights, to start from; None to start anew.
        freeze: names of modules of the net that are not trained.

    Raises:
        ConfigError: if ``freeze`` names a module that the net has not.
    """

    def __init__(
        self,
        net: nn.Module,
        spec: DataSpec,
        optimizer: Callable[..., Optimizer],
        scheduler: Schedule | None,
        regularizer: Regularizer | None,
        quantities: int,
        init_from: str | None = None,
        freeze: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.spec = spec
        self.net = net
        self.optimizer = optimizer
        self.scheduler = scheduler or Schedule()
        self.regularizer = regularizer or Regularizer()
        self.means = {stage: Mean(quantities) for stage in STAGES}
        self.init_from = init_from
        self._frozen = frozen_modules(net, freeze)
        self._lr: float | None = None
        self._validation: dict[str, Tensor] = {}  # what the epoch's last one reported

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; the one that Lightning sets some forty times a step without a look."""
        if name == CURRENT_HOOK:
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

    # The quantities that a line an epoch has room for; None for all.
    headline: tuple[str, ...] | None = None

    @abstractmethod
    def better(self, stage: str) -> Mapping[str, Better]:
        """What is reported of a stage, the loss first, and which way of it is better."""

    @abstractmethod
    def step(self, batch: Batch, stage: str) -> Tensor:
        """The loss of a batch, a scalar, whose sums are added to the stage's means."""

    @abstractmethod
    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """The quantities of a stage by name, from the means of an epoch."""

    def reset(self, stage: str) -> None:
        """Forget what was measured of a stage."""
        self.means[stage].reset()

    def metrics(self) -> dict[str, Better]:
        """What is logged, and which way of it is better."""
        return {f"{s}/{name}": way for s in STAGES for name, way in self.better(s).items()}

    def train(self, mode: bool = True) -> Self:
        """Set training mode; what is frozen keeps its running means, too."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

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
        optimizer = self.optimizer(self.regularizer.groups(self.net), **changed)
        # Lightning counts the steps by loading the data, which a curve by epochs need not wait for.
        asked = self.scheduler.needs_steps
        steps = self.trainer.estimated_stepping_batches if asked else math.inf
        schedule = self.scheduler.build(optimizer, steps, self.metrics())
        if schedule is None:
            return optimizer
        if isinstance(schedule["scheduler"], ReduceLROnPlateau):
            # Lightning steps it after the epoch's checkpoint is written, and leaves that step out
            # when it resumes; so this module steps it itself, before the checkpoint.
            schedule["frequency"] = NEVER
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss to minimise, with the penalties on the weights."""
        loss = self.step(batch, "train")
        penalty = self.regularizer.penalty(self.net)
        return loss if penalty is None else loss + penalty

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch to the validation means."""
        self.step(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch to the test means."""
        self.step(batch, "test")

    def on_train_epoch_start(self) -> None:
        """Start the epoch's means; an epoch resumed in its middle goes on with its own."""
        self.reset("train")
        self._validation = {}

    def on_validation_epoch_start(self) -> None:
        """Start the means; stop a diverged training before anything of it is saved."""
        self.reset("val")
        if self.trainer.state.fn == "fit":
            self._report("train")

    def on_test_epoch_start(self) -> None:
        """Start the means."""
        self.reset("test")

    def on_train_epoch_end(self) -> None:
        """Log the training means; let a schedule that goes by a metric take its step."""
        report = self._log("train")
        schedule = self.lr_schedulers()
        if isinstance(schedule, ReduceLROnPlateau):
            self._step_plateau(schedule, self.trainer.lr_scheduler_configs[0].monitor, report)

    def _step_plateau(
        self, schedule: ReduceLROnPlateau, monitor: str | None, report: dict[str, Tensor]
    ) -> None:
        """Step a schedule by its metric, which an epoch without a validation does not measure."""
        awaited = self.trainer.enable_validation and str(monitor).startswith("val/")
        if self._validation or not awaited:
            schedule.step(self._monitored(monitor, report))

    def _monitored(self, monitor: str | None, report: dict[str, Tensor]) -> Tensor:
        """The metric that the schedule goes by.

        Raises:
            TrainingError: if it was not logged.
        """
        known = {**self._validation, **self.trainer.callback_metrics, **report}
        if monitor is None or monitor not in known:
            raise TrainingError(
                f"scheduler.monitor: '{monitor}' was not logged; logged are "
                f"{', '.join(sorted(known))}",
                reason="monitor",
            )
        return known[monitor]

    def on_validation_epoch_end(self) -> None:
        """Log the validation means."""
        report = self._log("val")
        if not self.trainer.sanity_checking:
            self._validation = report

    def on_test_epoch_end(self) -> None:
        """Log the test means."""
        self._log("test")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the epoch's means and its validation, for one that is resumed in its middle."""
        checkpoint["means"] = self.means["train"].state_dict()
        if self._validation and not self.trainer.is_last_batch:
            checkpoint["validation"] = {k: value.cpu() for k, value in self._validation.items()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the epoch's means and its validation."""
        self._validation = dict(checkpoint.get("validation", {}))
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
        means = self.means[stage].compute(self.summed)
        if means is None:
            return {}
        if self.trainer.state.fn == "fit" and not bool(torch.isfinite(means[0])):
            raise TrainingError(
                f"training diverged: {stage}/loss is {means[0].item()} in epoch "
                f"{self.current_epoch}; lower optimizer.lr or set trainer.gradient_clip_val",
                reason="diverged",
            )
        report = self.report(stage, means)
        return {f"{stage}/{name}": value.float() for name, value in report.items()}

    def summed(self, totals: Tensor) -> Tensor:
        """A tensor summed over all processes."""
        totals = totals.to(self.device)
        reduced: Tensor = self.trainer.strategy.reduce(totals, reduce_op="sum")
        return reduced
