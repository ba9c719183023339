"""When and by which curve the learning rate changes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CyclicLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)

from dlcli.errors import ConfigError

# The frequency of a schedule that its module steps itself.
NEVER = sys.maxsize

# What curves call the interval that they end with.
ENDS = ("T_max", "total_iters", "total_steps")

# What cannot follow a warm-up: it warms up itself, or goes by a metric and not by the time.
WITHOUT_WARMUP = (OneCycleLR, CyclicLR, ReduceLROnPlateau)


@dataclass(frozen=True)
class Schedule:
    """A curve that an optimizer completes, after a linear warm-up.

    A curve that ends, and is not told when, ends with the training.

    Args:
        curve: makes the scheduler from the optimizer; None for a constant learning rate.
        interval: whether the curve is stepped every epoch or every optimizer step.
        monitor: the metric that the curve goes by, for those that do.
        warmup: how many intervals the learning rate first rises for, in equal steps, to its
            value (Goyal et al. 2017, section 2.2).
        epochs: when the training ends, for curves by epochs.

    Raises:
        ConfigError: if ``warmup`` is negative.
    """

    curve: Callable[..., Any] | None = None
    interval: Literal["epoch", "step"] = "epoch"
    monitor: str | None = None
    warmup: int = 0
    epochs: int | None = None

    def __post_init__(self) -> None:
        if self.warmup < 0:
            raise ConfigError(f"scheduler.warmup: {self.warmup} is negative")

    @property
    def ending(self) -> str | None:
        """The curve's argument that says when it ends; None for a curve without an end."""
        known = inspect.signature(self.curve).parameters if self.curve else {}
        return next((name for name in ENDS if name in known), None)

    @property
    def end(self) -> int | None:
        """The interval with which the schedule ends; None where the training's end decides."""
        own = given(self.curve).get(self.ending or "")
        if own is not None:
            return self.warmup + int(own)
        return self.epochs if self.interval == "epoch" else None

    @property
    def needs_steps(self) -> bool:
        """Whether it has to be told how many steps the training takes."""
        return self.interval == "step" and self.ending is not None and self.end is None

    def build(
        self, optimizer: Optimizer, total_steps: int | float, better: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """Lightning's description of the scheduler, None for a constant learning rate.

        Args:
            optimizer: whose learning rate it sets.
            total_steps: the optimizer steps of the whole training.
            better: each metric, and whether ``min`` or ``max`` of it is better.

        Raises:
            ConfigError: if the curve needs an end and the training has none, or it does not go
                together with the warm-up.
        """
        if self.curve is None and not self.warmup:
            return None
        scheduler = self._scheduler(optimizer, total_steps, better)
        described: dict[str, Any] = {
            "scheduler": scheduler,
            "interval": self.interval,
            "frequency": 1,
        }
        if isinstance(scheduler, ReduceLROnPlateau):
            described["monitor"] = self.monitor or "val/loss"
        return described

    def _scheduler(
        self, optimizer: Optimizer, total_steps: int | float, better: Mapping[str, str]
    ) -> LRScheduler:
        if self.curve is None:
            return rise(optimizer, self.warmup)
        self._check_warmup()
        extra: dict[str, Any] = {}
        if self.ending and self.ending not in given(self.curve):
            extra[self.ending] = self._length(total_steps)
        known = inspect.signature(self.curve).parameters
        if self.monitor is not None and "mode" in known and "mode" not in given(self.curve):
            extra["mode"] = better.get(self.monitor, "min")
        if not self.warmup:
            made: LRScheduler = self.curve(optimizer, **extra)
            return made
        parts = [rise(optimizer, self.warmup), self.curve(optimizer, **extra)]
        return SequentialLR(optimizer, parts, milestones=[self.warmup])

    def _check_warmup(self) -> None:
        kind = getattr(self.curve, "func", self.curve)
        if self.warmup and isinstance(kind, type) and issubclass(kind, WITHOUT_WARMUP):
            raise ConfigError(
                f"scheduler.warmup: {self.warmup}, but {kind.__name__} cannot follow a warm-up; "
                "set scheduler.warmup=0 or choose another schedule"
            )

    def _length(self, total_steps: int | float) -> int:
        """The intervals from the end of the warm-up to that of the training."""
        if self.interval == "step":
            total = finite(total_steps)
        elif self.epochs is None or self.epochs < 1:
            raise ConfigError(
                f"scheduler.curve.{self.ending}: the curve needs an end, and the training has "
                "none; set trainer.max_epochs, or the end itself"
            )
        else:
            total = self.epochs
        if total <= self.warmup:
            raise ConfigError(
                f"scheduler.warmup: {self.warmup} {self.interval}s leave nothing of the "
                f"training's {total} to the curve"
            )
        return total - self.warmup


def rise(optimizer: Optimizer, warmup: int) -> LinearLR:
    """From ``lr / (warmup + 1)`` in the first interval to ``lr`` after ``warmup`` of them."""
    return LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)


def given(curve: Callable[..., Any] | None) -> Mapping[str, Any]:
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
