"""The keys of the root configuration that belong to no group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Train:
    """What a training run needs to know beside its groups.

    Args:
        seed: of the data order, augmentation, dropout and initial weights; 0 is a seed.
        monitor: the metric (``stage/quantity``) that picks the best checkpoint.
        mode: whether less (``min``) or more (``max``) of it is better, or as the model says.
        compile: compile the net with ``torch.compile``.
    """

    seed: int = 0
    monitor: str = "val/loss"
    mode: Literal["auto", "min", "max"] = "auto"
    compile: bool = False


@dataclass(frozen=True)
class Sweep(Train):
    """What a sweep needs to know beside its groups and those of its trials.

    Args:
        objective: ``metric``, by which trials are judged, and its ``mode``; lists for several.
    """

    objective: dict[str, Any] = field(default_factory=dict)
