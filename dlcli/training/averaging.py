"""Equal averages of the weights along a training."""

from __future__ import annotations

from typing import Any, Literal

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor
from torch.optim.swa_utils import get_swa_avg_fn, get_swa_multi_avg_fn

from dlcli.errors import ConfigError


class EqualAveraging(WeightAveraging):
    """The plain mean of the weights from an epoch on, which is what is validated and saved.

    Until then the weights are validated and saved as they are. Buffers, such as the running
    means of batch norm, are averaged like weights; counts and marks are as they are.

    Args:
        every: ``step`` averages the weights after every optimizer step (Polyak & Juditsky 1992),
            ``epoch`` those at the end of each epoch (Izmailov et al. 2018).
        start_epoch: the first epoch, counted from 0, whose weights are taken.

    Raises:
        ConfigError: if ``every`` is neither, or ``start_epoch`` is negative.
    """

    def __init__(self, every: Literal["step", "epoch"] = "step", start_epoch: int = 0) -> None:
        if every not in ("step", "epoch"):
            raise ConfigError(f"callbacks: every: {every!r} is not one of step, epoch")
        if start_epoch < 0:
            raise ConfigError(f"callbacks: start_epoch: {start_epoch} is negative")
        super().__init__(multi_avg_fn=equal_mean)
        self.every = every
        self.start_epoch = start_epoch

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Never by itself: an epoch's weights are taken before its validation, not after."""
        return False

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take the weights of a step, or those of the epoch's last."""
        stepped = trainer.global_step > self._latest_update_step
        due = self.every == "step" or trainer.is_last_batch
        if stepped and due and trainer.current_epoch >= self.start_epoch:
            assert self._average_model is not None
            self._average_model.update_parameters(pl_module)
            self._latest_update_step = trainer.global_step

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Validate the average."""
        self._follow(pl_module)
        super().on_validation_epoch_start(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the average in the model."""
        self._follow(pl_module)
        super().on_train_end(trainer, pl_module)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Save the average as the model's weights, and the weights to go on from beside it."""
        self._follow(pl_module)
        super().on_save_checkpoint(trainer, pl_module, checkpoint)

    @torch.no_grad()
    def _follow(self, module: LightningModule) -> None:
        """Before the average begins it is the weights as they are."""
        average = self._average_model
        if average is None or int(average.n_averaged):
            return
        average.module.load_state_dict(module.state_dict())


@torch.no_grad()
def equal_mean(averages: list[Tensor], present: list[Tensor], count: Tensor) -> None:
    """Take tensors of one type and device into means of ``count`` before; counts are no mean."""
    of_numbers = averages[0].is_floating_point() or averages[0].is_complex()
    if of_numbers and averages[0].is_cuda:
        get_swa_multi_avg_fn()(averages, present, count)  # type: ignore[no-untyped-call]
        return
    mean = get_swa_avg_fn()  # type: ignore[no-untyped-call]
    for average, now in zip(averages, present, strict=True):
        average.copy_(mean(average, now, count) if of_numbers else now)
