"""A learning rate that falls with the square root of the time."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from dlcli.errors import ConfigError


class InverseSqrt(LambdaLR):
    """``lr * sqrt(offset / (offset + t))`` after t intervals.

    With an offset of 1 it is ``lr / sqrt(1 + t)``. After a warm-up of w intervals, an offset of w
    gives the curve of Vaswani et al. 2017, section 5.3.

    Args:
        optimizer: whose learning rate it sets.
        offset: how many intervals it takes until the rate has fallen to 0.71 of its value.
        last_epoch: the interval to go on from; -1 for the beginning.

    Raises:
        ConfigError: if ``offset`` is not positive.
    """

    def __init__(self, optimizer: Optimizer, offset: int = 1, last_epoch: int = -1) -> None:
        if offset < 1:
            raise ConfigError(f"scheduler.curve.offset: {offset} is not positive")
        super().__init__(optimizer, lambda t: math.sqrt(offset / (offset + t)), last_epoch)
