"""Where data that fits in memory is kept while a model is trained on it."""

from __future__ import annotations

from collections.abc import Iterable

import pytorch_lightning as pl
import torch

from dlcli.data.examples import Examples


def best_device(
    held: torch.device, trainer: pl.Trainer | None, parts: Iterable[Examples]
) -> torch.device:
    """The GPU that trains, if the data takes less than a quarter of its free memory.

    Args:
        held: where it is now; the answer otherwise.
        trainer: of the training, once there is one.
        parts: the data.
    """
    if trainer is None or held.type == "cuda" or trainer.strategy.root_device.type != "cuda":
        return held
    root = trainer.strategy.root_device
    free, _ = torch.cuda.mem_get_info(root)
    needed = sum(part.nbytes for part in parts)
    return root if needed < free / 4 else held
