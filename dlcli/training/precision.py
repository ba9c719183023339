"""The precisions that a training can be in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import WeightAveraging

from dlcli.errors import ConfigError


def check_precision(trainer: Trainer, optimizer: Mapping[str, Any]) -> None:
    """Refuse a precision in which nothing is learnt, or that other parts are not made for.

    Args:
        trainer: with its precision and its callbacks.
        optimizer: its node.

    Raises:
        ConfigError: with the precision, or the argument, to take in its place.
    """
    if trainer.precision == "16-true":
        raise ConfigError(
            "trainer.precision: in 16-true the squares that Adam divides by vanish, and losses are "
            "beyond what it holds; use 16-mixed or bf16-mixed"
        )
    averaged = any(isinstance(one, WeightAveraging) for one in trainer.callbacks)  # type: ignore[attr-defined]
    if trainer.precision == "bf16-true" and averaged:
        raise ConfigError(
            "trainer.precision: in bf16-true a mean of many weights is rounded until it stands "
            "still; use bf16-mixed, or leave out the average (~callbacks.weight_averaging)"
        )
    if trainer.precision == "16-mixed" and trainer.gradient_clip_val and optimizer.get("fused"):
        raise ConfigError(
            "trainer.gradient_clip_val: in 16-mixed the gradients of a fused optimizer cannot be "
            "clipped; use optimizer.fused=false or trainer.precision=bf16-mixed"
        )
