"""The precisions that a training can be in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytorch_lightning import Trainer

from dlcli.errors import ConfigError


def check_precision(trainer: Trainer, optimizer: Mapping[str, Any]) -> None:
    """Refuse a precision in which nothing is learnt, or that the optimizer is not made for.

    Args:
        trainer: with its precision.
        optimizer: its node.

    Raises:
        ConfigError: with the precision, or the argument, to take in its place.
    """
    if trainer.precision == "16-true":
        raise ConfigError(
            "trainer.precision: in 16-true the squares that Adam divides by vanish, and losses are "
            "beyond what it holds; use 16-mixed or bf16-mixed"
        )
    if trainer.precision == "16-mixed" and trainer.gradient_clip_val and optimizer.get("fused"):
        raise ConfigError(
            "trainer.gradient_clip_val: in 16-mixed the gradients of a fused optimizer cannot be "
            "clipped; use optimizer.fused=false or trainer.precision=bf16-mixed"
        )
