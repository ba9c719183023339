"""When and by which curve the learning rate changes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlcli.errors import ConfigError

# The frequency of a schedule that its module steps itself.
NEVER = sys.maxsize


@dataclass(frozen=True)
class Schedule:
    """A curve that an optimizer completes.

    Args:
        curve: makes the scheduler from the optimizer; None for a constant learning rate.
        interval: whether the curve is stepped every epoch or every optimizer step.
        monitor: the metric that the curve goes by, for those that do.
    """

    curve: Callable[..., Any] | None = None
    interval: Literal["epoch", "step"] = "epoch"
    monitor: str | None = None

    def build(
        self, optimizer: Optimizer, total_steps: int | float, better: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """Lightning's description of the scheduler, None for a constant learning rate.

        Args:
            optimizer: whose learning rate it sets.
            total_steps: the optimizer steps of the whole training.
            better: each metric, and whether ``min`` or ``max`` of it is better.

        Raises:
            ConfigError: if the curve needs an end and the training has none.
        """
        if self.curve is None:
            return None
        known = inspect.signature(self.curve).parameters
        extra: dict[str, Any] = {}
        if self.interval == "step" and "total_steps" in known:
            extra["total_steps"] = finite(total_steps)
        if self.monitor is not None and "mode" in known and "mode" not in given(self.curve):
            extra["mode"] = better.get(self.monitor, "min")
        scheduler = self.curve(optimizer, **extra)
        described = {"scheduler": scheduler, "interval": self.interval, "frequency": 1}
        if isinstance(scheduler, ReduceLROnPlateau):
            described["monitor"] = self.monitor or "val/loss"
        return described


def given(curve: Callable[..., Any]) -> Mapping[str, Any]:
    """The arguments that a partial already holds."""
    return getattr(curve, "keywords", {})


def finite(total_steps: int | float) -> int:
    """The steps as a number that a curve can end at."""
    if total_steps in (float("inf"), -1):
        raise ConfigError(
            "scheduler.interval: step needs to know when training ends; "
            "set trainer.max_epochs or trainer.max_steps"
        )
    return int(total_steps)
