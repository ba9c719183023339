"""Any data that has an order as a sequence of steps, and which of the steps are real."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError


@dataclass(frozen=True)
class Sequence:
    """What a recurrent net or a transformer runs over.

    Args:
        stem: makes a batch into ``(B, T, features)``.
        features: the numbers of a step.
        length: the steps of the longest example, T.
    """

    stem: nn.Module
    features: int
    length: int


class Rows(nn.Module):
    """Images ``(B, C, H, W)`` as sequences of rows ``(B, H, C * W)``."""

    def forward(self, x: Tensor) -> Tensor:
        """Row by row, from the top."""
        return x.transpose(1, 2).flatten(2)


class Instants(nn.Module):
    """Signals ``(B, C, T)`` as sequences ``(B, T, C)``."""

    def forward(self, x: Tensor) -> Tensor:
        """Instant by instant."""
        return x.transpose(1, 2)


def sequence(family: str, spec: DataSpec, embedding: nn.Module | None, width: int) -> Sequence:
    """Images by rows, signals by instants, tokens by what embeds them.

    Args:
        family: the model's name, for messages.
        spec: what the data looks like.
        embedding: makes tokens ``(B, T)`` into ``(B, T, width)``; None for other data.
        width: the numbers that stand for a token.

    Raises:
        ConfigError: for a vector, whose features have no order.
    """
    check_ordered(family, spec)
    if embedding is not None:
        return Sequence(embedding, width, spec.shape[0])
    if spec.kind == "image":
        channels, height, across = spec.shape
        return Sequence(Rows(), channels * across, height)
    channels, length = spec.shape
    return Sequence(Instants(), channels, length)


def check_ordered(family: str, spec: DataSpec) -> None:
    """Raise ConfigError for a vector."""
    if spec.kind == "vector":
        raise ConfigError(
            f"model={family}: cannot read a vector, whose features have no order; "
            "use model=mlp or model=linear"
        )


def real_steps(x: Tensor, padding: int | None) -> Tensor | None:
    """Which places of tokens ``(B, T)`` are not padding, ``(B, T)``; None where all are.

    Padding fills up the end. A text of nothing else keeps its first place, so that there is
    something to read.
    """
    if padding is None:
        return None
    real = x != padding
    # Real is every place that one to the right of it, or it itself, is.
    real = real.flip(1).cummax(1).values.flip(1)
    real[:, 0] = True
    return real


def masked_mean(steps: Tensor, real: Tensor | None) -> Tensor:
    """The mean over the real steps, ``(B, T, F) -> (B, F)``."""
    if real is None:
        return steps.mean(1)
    weights = real.unsqueeze(-1).to(steps.dtype)
    return (steps * weights).sum(1) / weights.sum(1)


def masked_max(steps: Tensor, real: Tensor | None) -> Tensor:
    """The maximum over the real steps, ``(B, T, F) -> (B, F)``."""
    if real is None:
        return steps.amax(1)
    return steps.masked_fill(~real.unsqueeze(-1), -torch.inf).amax(1)
