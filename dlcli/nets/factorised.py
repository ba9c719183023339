"""A convolutional network of 1x3 and 3x1 convolutions in turn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.check import check_dropout, check_positive
from dlcli.nets.head import head
from dlcli.nets.image import image_shape

# The blocks between two poolings.
STAGE = 2


class Factorised(nn.Module):
    """Blocks of a 1x3 and a 3x1 convolution, pooled by 2 after every second one; a hidden layer.

    Two such convolutions see what one of 3x3 sees with a third less weights (Szegedy et al. 2016,
    "Rethinking the Inception architecture", section 3.2).

    Args:
        spec: what the data looks like; images only.
        channels: of each block.
        units: of the hidden layer.
        activation: its name, see ``dlcli.nets.activation``.
        batch_norm: normalise each channel after every convolution (Ioffe & Szegedy 2015).
        dropout: the share of features and units left out in training, before and after the hidden
            layer.

    Raises:
        ConfigError: if the data is not images, or they are too small for the poolings.
    """

    def __init__(
        self,
        spec: DataSpec,
        channels: Sequence[int] = (32, 32, 128, 128),
        units: int = 288,
        activation: Activation = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_dropout(dropout)
        check_positive(units=units)
        inputs, height, width = image_shape("cnn/factorised", spec)
        check_blocks(channels, height, width)
        self.trunk = nn.Sequential()
        for index, pair in enumerate(pairwise([inputs, *channels]), start=1):
            self.trunk.append(block(*pair, activation, batch_norm))
            if index % STAGE == 0:
                self.trunk.append(nn.MaxPool2d(2))
        # Pooling and batch norm over images are vectorised in this layout only, on a CPU.
        self.trunk.to(memory_format=torch.channels_last)
        halvings = 2 ** (len(channels) // STAGE)
        features = channels[-1] * (height // halvings) * (width // halvings)
        self.hidden = hidden(features, units, activation, dropout)
        self.head = head("cnn/factorised", units, spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W) -> (B, spec.outputs)``."""
        output: Tensor = self.head(self.hidden(self.trunk(x).flatten(1)))
        return output


def block(inputs: int, outputs: int, name: Activation, batch_norm: bool) -> nn.Sequential:
    """A 1x3 and a 3x1 convolution, ``(B, inputs, H, W) -> (B, outputs, H, W)``."""
    return nn.Sequential(
        *convolution(inputs, outputs, (1, 3), name, batch_norm),
        *convolution(outputs, outputs, (3, 1), name, batch_norm),
    )


def convolution(
    inputs: int, outputs: int, kernel: tuple[int, int], name: Activation, batch_norm: bool
) -> list[nn.Module]:
    """Convolution, batch norm if asked for, activation."""
    # Batch norm has its own offset, so the convolution before it needs none.
    convolve = nn.Conv2d(inputs, outputs, kernel, padding="same", bias=not batch_norm)
    norm = [nn.BatchNorm2d(outputs)] if batch_norm else []
    return [convolve, *norm, activation(name)]


def hidden(features: int, units: int, name: Activation, dropout: float) -> nn.Sequential:
    """Dropout, linear, activation, dropout: ``(B, features) -> (B, units)``."""
    return nn.Sequential(
        nn.Dropout(dropout), nn.Linear(features, units), activation(name), nn.Dropout(dropout)
    )


def check_blocks(channels: Sequence[int], height: int, width: int) -> None:
    """Raise ConfigError unless there is a block and the image can be pooled after every second."""
    if not channels or any(count < 1 for count in channels):
        raise ConfigError(
            f"model.net.channels: {list(channels)}; name at least one positive number of channels"
        )
    poolings = len(channels) // STAGE
    most = min(height, width).bit_length() - 1
    if poolings > most:
        raise ConfigError(
            f"model.net.channels: {len(channels)} blocks halve the input {poolings} times, "
            f"but it is {height}x{width}: name at most {STAGE * most + 1}"
        )
