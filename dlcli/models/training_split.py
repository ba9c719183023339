"""The training split for what is fitted once before a training."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from pytorch_lightning import Trainer
from torch import Tensor

from dlcli.errors import ConfigError


def training_split(trainer: Trainer, device: torch.device) -> Iterable[tuple[Tensor, Tensor]]:
    """Batches of the training split as it is: in order, without augmentation.

    A data module of the user's own that has no ``eval_dataloader`` gives its training batches.

    Raises:
        ConfigError: if the training has loaders and no data module.
    """
    data = getattr(trainer, "datamodule", None)
    if data is None:
        raise ConfigError("model: needs a data module, to fit what it is measured by")
    own = getattr(data, "eval_dataloader", None)
    for inputs, targets in own("train") if own else data.train_dataloader():
        yield inputs.to(device), targets.to(device)
