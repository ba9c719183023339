"""The small convolutional network that courses begin with."""

from __future__ import annotations

import math

from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.nets.activation import Activation, activation
from dlcli.nets.check import check_dropout
from dlcli.nets.head import head
from dlcli.nets.image import image_shape

# The side it was made for, MNIST's.
SIDE = 28


class SmallCNN(nn.Module):
    """Two 5x5 convolutions of 10 and 20 channels, each pooled by 2, then 50 units.

    Smaller images than 28x28 get the frame of zeros that fills it.

    Args:
        spec: what the data looks like; images only.
        activation: its name, see ``dlcli.nets.activation``.
        dropout: the share of the second convolution's maps, and of the units, left out in training.

    Raises:
        ConfigError: if the data is not images.
    """

    def __init__(
        self, spec: DataSpec, activation: Activation = "relu", dropout: float = 0.5
    ) -> None:
        super().__init__()
        check_dropout(dropout)
        channels, *sides = image_shape("cnn/small", spec)
        frame = (frame_of(sides[0]), frame_of(sides[1]))
        places = math.prod(pooled(side + 2 * edge) for side, edge in zip(sides, frame, strict=True))
        self.trunk = layers(channels, frame, places, activation, dropout)
        self.head = head("cnn/small", 50, spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W) -> (B, spec.outputs)``."""
        output: Tensor = self.head(self.trunk(x))
        return output


def layers(
    channels: int, frame: tuple[int, int], places: int, name: Activation, dropout: float
) -> nn.Sequential:
    """All but the head: ``(B, channels, H, W) -> (B, 50)``."""
    return nn.Sequential(
        nn.Conv2d(channels, 10, 5, padding=frame),
        nn.MaxPool2d(2),
        activation(name),
        nn.Conv2d(10, 20, 5),
        nn.Dropout2d(dropout),
        nn.MaxPool2d(2),
        activation(name),
        nn.Flatten(),
        nn.Linear(20 * places, 50),
        activation(name),
        nn.Dropout(dropout),
    )


def frame_of(side: int) -> int:
    """The zeros on either side that bring ``side`` up to 28."""
    return max(0, math.ceil((SIDE - side) / 2))


def pooled(side: int) -> int:
    """What two 5-wide convolutions, each pooled by 2, leave of ``side``."""
    return ((side - 4) // 2 - 4) // 2
