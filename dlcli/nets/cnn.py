"""Convolutional networks: small ones of any depth, and LeNet-5."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.check import check_dropout
from dlcli.nets.head import head
from dlcli.nets.sequence import masked_max, real_steps
from dlcli.nets.stem import grid

CONVOLUTION = {1: nn.Conv1d, 2: nn.Conv2d}
NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}
POOL = {1: nn.MaxPool1d, 2: nn.MaxPool2d}
# Pooling and batch norm over images are vectorised in this layout only, on a CPU.
CHANNELS_LAST = torch.channels_last


class CNN(nn.Module):
    """Blocks of 3-wide convolution, batch norm, max-pooling by 2 and activation; a linear head.

    Convolves images in two dimensions, signals and embedded tokens in one. Of texts, which are of
    any length, the largest answers over time go to the head.

    Args:
        spec: what the data looks like.
        channels: the channels of each block.
        activation: its name, see ``dlcli.nets.activation``.
        batch_norm: normalise each channel after the convolution (Ioffe & Szegedy 2015).
        dropout: the share of features left out in training, before the head.
        embedding: the numbers that stand for a token.

    Raises:
        ConfigError: if the input is too small to be halved once a block, or is a vector.
    """

    def __init__(
        self,
        spec: DataSpec,
        channels: Sequence[int] = (32, 64),
        activation: Activation = "relu",
        batch_norm: bool = True,
        dropout: float = 0.0,
        embedding: int = 64,
    ) -> None:
        super().__init__()
        check_dropout(dropout)
        check_channels(channels)
        source = grid("cnn", spec, embedding)
        self.over_time = spec.kind == "tokens"
        self.padding = spec.padding
        if not self.over_time:
            check_depth(source.size, len(channels))
        widths = [source.channels, *channels]
        pairs = pairwise(widths)
        self.stem = source.stem
        self.trunk = nn.Sequential(
            *(block(source.dims, *pair, activation, batch_norm, self.over_time) for pair in pairs)
        )
        if source.dims == 2:
            self.trunk.to(memory_format=CHANNELS_LAST)
        halved = (length // 2 ** len(channels) for length in source.size)
        places = 1 if self.over_time else math.prod(halved)
        self.dropout = nn.Dropout(dropout)
        self.head = head("cnn", widths[-1] * places, spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``."""
        if self.over_time:
            features = self._largest(self.stem(x), real_steps(x, self.padding))
        else:
            features = self.trunk(self.stem(x)).flatten(1)
        output: Tensor = self.head(self.dropout(features))
        return output

    def _largest(self, features: Tensor, real: Tensor | None) -> Tensor:
        """The largest answers over the real places, ``(B, C, T) -> (B, channels[-1])``."""
        for layers in self.trunk:
            convolve, norm, pool, rise = cast(nn.Sequential, layers)
            # What is no text is as the zeros beyond its end, and never the largest.
            features = norm(convolve(hidden(features, real, 0)))
            features = pool(hidden(features, real, -math.inf))
            real = None if real is None else real[:, ::2]
            features = rise(hidden(features, real, 0))
        return masked_max(features.transpose(1, 2), real)


def hidden(features: Tensor, real: Tensor | None, value: float) -> Tensor:
    """Features ``(B, C, T)`` with ``value`` in the places that are not real, ``(B, T)``."""
    return features if real is None else features.masked_fill(~real.unsqueeze(1), value)


def block(
    dims: int, inputs: int, outputs: int, name: Activation, batch_norm: bool, ceil: bool = False
) -> nn.Sequential:
    """Convolution, batch norm, pooling, activation: ``(B, inputs, L) -> (B, outputs, L / 2)``.

    ``ceil`` keeps the last place of an odd L.
    """
    # Batch norm has its own offset, so the convolution before it needs none.
    convolve = CONVOLUTION[dims](inputs, outputs, 3, padding=1, bias=not batch_norm)
    norm = NORM[dims](outputs) if batch_norm else nn.Identity()
    # A rising activation gives the same after pooling as before it, and has less to do there.
    return nn.Sequential(convolve, norm, POOL[dims](2, ceil_mode=ceil), activation(name))


class LeNet5(nn.Module):
    """LeNet-5 (LeCun et al. 1998, section II.B) with max-pooling and a linear output layer.

    It was made for 32x32, in which a 28x28 image sits in a frame of 2; smaller images get the
    frame that fills 32x32, larger ones none.

    Args:
        spec: what the data looks like; images only.
        activation: its name, see ``dlcli.nets.activation``; tanh in the paper.
        dropout: the share of units left out in training, after each hidden layer.

    Raises:
        ConfigError: if the data is not images.
    """

    def __init__(
        self, spec: DataSpec, activation: Activation = "tanh", dropout: float = 0.0
    ) -> None:
        super().__init__()
        check_dropout(dropout)
        if spec.kind != "image":
            raise ConfigError(f"model=cnn/lenet5: reads images, not {spec.kind}; use model=cnn")
        channels, height, width = spec.shape
        frame = (frame_of(height), frame_of(width))
        places = math.prod(
            pooled(side + 2 * edge) for side, edge in zip((height, width), frame, strict=True)
        )
        self.trunk = nn.Sequential(
            convolution(channels, 6, activation, frame),
            convolution(6, 16, activation, (0, 0)),
            nn.Flatten(),
            dense(16 * places, 120, activation, dropout),
            dense(120, 84, activation, dropout),
        ).to(memory_format=CHANNELS_LAST)
        self.head = head("cnn/lenet5", 84, spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W) -> (B, spec.outputs)``."""
        output: Tensor = self.head(self.trunk(x))
        return output


def convolution(
    inputs: int, outputs: int, name: Activation, frame: tuple[int, int]
) -> nn.Sequential:
    """5x5 convolution, pooling by 2, activation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 5, padding=frame), nn.MaxPool2d(2), activation(name)
    )


def dense(inputs: int, outputs: int, name: Activation, dropout: float) -> nn.Sequential:
    """Linear, activation, dropout."""
    return nn.Sequential(nn.Linear(inputs, outputs), activation(name), nn.Dropout(dropout))


def frame_of(side: int) -> int:
    """The zeros on either side that bring ``side`` up to LeNet-5's 32."""
    return max(0, math.ceil((32 - side) / 2))


def pooled(side: int) -> int:
    """What two 5-wide convolutions, each pooled by 2, leave of ``side``."""
    return ((side - 4) // 2 - 4) // 2


def check_channels(channels: Sequence[int]) -> None:
    """Raise ConfigError unless there is a block and every one has channels."""
    if not channels or any(count < 1 for count in channels):
        raise ConfigError(
            f"model.net.channels: {list(channels)}; name at least one positive number of channels"
        )


def check_depth(size: tuple[int, ...], blocks: int) -> None:
    """Raise ConfigError if the smallest side cannot be halved once a block."""
    most = min(size).bit_length() - 1
    if blocks > most:
        shape = "x".join(map(str, size))
        raise ConfigError(
            f"model.net.channels: {blocks} blocks halve the input {blocks} times, "
            f"but it is {shape}: name at most {most}"
        )
