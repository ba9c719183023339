"""The first layer: from a kind of data to what a family of trunks reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError


def flat(family: str, spec: DataSpec) -> nn.Module:
    """One vector an example, ``(B, *spec.shape) -> (B, spec.features)``.

    Raises:
        ConfigError: for tokens, whose indices are not quantities.
    """
    if spec.kind == "tokens":
        others = "rnn or model=transformer" if spec.target == "next_token" else "cnn"
        raise ConfigError(
            f"model={family}: cannot read tokens, whose indices are names and not quantities; "
            f"use model={others}, which embeds them"
        )
    return nn.Flatten()


@dataclass(frozen=True)
class Grid:
    """What a convolution runs over.

    Args:
        stem: makes a batch into ``(B, channels, *size)``.
        channels: the channels of a place.
        size: ``(H, W)`` or ``(T,)``.
    """

    stem: nn.Module
    channels: int
    size: tuple[int, ...]

    @property
    def dims(self) -> Literal[1, 2]:
        """Whether to convolve along one axis or two."""
        return 2 if len(self.size) == 2 else 1


def grid(family: str, spec: DataSpec, embedding: int) -> Grid:
    """Images as they are, signals as they are, tokens as vectors of ``embedding`` numbers.

    Raises:
        ConfigError: for a vector, whose features have no neighbours.
    """
    if spec.kind == "vector":
        raise ConfigError(
            f"model={family}: cannot convolve over a vector, whose features have no neighbours; "
            "use model=mlp or model=linear"
        )
    if spec.kind == "tokens":
        return Grid(Embedding(len(spec.vocabulary), embedding), embedding, spec.shape)
    return Grid(nn.Identity(), spec.shape[0], spec.shape[1:])


class Embedding(nn.Embedding):
    """Tokens ``(B, T)`` as a signal ``(B, embedding, T)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Look up each token's vector; channels first."""
        return super().forward(input).transpose(1, 2)
