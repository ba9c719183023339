"""The most optimizer steps that a training can take, found out before it begins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.callbacks import BatchSizeFinder
from pytorch_lightning.utilities.seed import isolate_rng


def most_steps(model: LightningModule, data: LightningDataModule, trainer: Trainer) -> float:
    """As Lightning counts them for a schedule, on one device; infinite where nobody can say yet.

    Args:
        model: one of the user's own that optimises itself may take several steps a batch.
        data: set up; it is asked for its training batches, and none of them is made.
        trainer: with its callbacks.
    """
    packaged = type(model).__module__.startswith("dlcli.")
    if not (model.automatic_optimization or packaged):
        return math.inf
    steps = math.inf if trainer.max_steps == -1 else trainer.max_steps
    if trainer.max_epochs in (None, -1):
        return steps
    batches = batches_an_epoch(data, trainer) / trainer.accumulate_grad_batches
    if not math.isfinite(batches):
        return steps
    return min(steps, math.ceil(batches) * max(trainer.max_epochs, 1))


def batches_an_epoch(data: LightningDataModule, trainer: Trainer) -> float:
    """The batches of an epoch; infinite where they have no number, or a callback changes it."""
    if any(isinstance(one, BatchSizeFinder) for one in trainer.callbacks):  # type: ignore[attr-defined]
        return math.inf
    try:
        with isolate_rng(include_cuda=False), torch.device("cpu"):
            loader = data.train_dataloader()
        if isinstance(loader, Mapping | Sequence):  # several loaders
            return math.inf
        count = len(loader)
    except Exception:  # training asks again, and says what is wrong
        return math.inf
    limit = trainer.limit_train_batches
    count = min(count, limit) if isinstance(limit, int) else int(count * limit)
    return count or math.inf
