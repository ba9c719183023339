"""Deep networks of 3x3 convolutions (Simonyan & Zisserman 2015), torchvision's, for any size."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models import vgg

from dlcli.data.spec import DataSpec
from dlcli.nets.check import check_choice, check_dropout, check_positive
from dlcli.nets.head import head
from dlcli.nets.image import image_shape

# Channels of the convolutions; M is a pooling by 2 (table 1 of the paper, columns A and D).
BLOCKS: dict[int, list[str | int]] = {
    11: [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    16: [
        *(64, 64, "M", 128, 128, "M", 256, 256, 256, "M"),
        *(512, 512, 512, "M", 512, 512, 512, "M"),
    ],
}
# From here on what is left to classify is more than one place, as in the paper.
LARGE = 64
PLACES = 7


class VGG(nn.Module):
    """The network of torchvision, whose names its parameters have, with a head of our own.

    Images are pooled as often as they can be halved, at most five times. The last maps are
    averaged into 7x7 places of images of 64 pixels and more, and into one of smaller ones.

    Args:
        spec: what the data looks like; images only.
        depth: the layers with weights.
        units: of the two hidden layers; None for the paper's 4096 from 64 pixels on, and 512 for
            smaller images.
        batch_norm: normalise each channel after every convolution (Ioffe & Szegedy 2015).
        dropout: the share of units left out in training, after each hidden layer.

    Raises:
        ConfigError: if the data is not images.
    """

    def __init__(
        self,
        spec: DataSpec,
        depth: Literal[11, 16] = 11,
        units: int | None = None,
        batch_norm: bool = True,
        dropout: float = 0.5,
    ) -> None:
        check_choice("depth", str(depth), map(str, BLOCKS))
        check_dropout(dropout)
        family = f"cnn/vgg{depth}"
        channels, *sides = image_shape(family, spec)
        large = min(sides) >= LARGE
        units = units if units is not None else (4096 if large else 512)
        check_positive(units=units)
        super().__init__()
        self.features = features(depth, channels, min(sides), batch_norm)
        places = PLACES if large else 1
        self.avgpool = Places(places)
        self.classifier = nn.Sequential(
            *dense(512 * places**2, units, dropout),
            *dense(units, units, dropout),
            head(family, units, spec),
        )
        # Pooling and batch norm over images are vectorised in this layout only, on a CPU.
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W) -> (B, spec.outputs)``."""
        output: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return output


class Places(nn.AdaptiveAvgPool2d):
    """Averages maps into places, on a GPU with ``trainer.deterministic``, too.

    The gradient of PyTorch's own pooling is not deterministic there, and is refused.

    Args:
        side: the places in each dimension.
    """

    def __init__(self, side: int) -> None:
        super().__init__(side)
        self.side = side

    def forward(self, input: Tensor) -> Tensor:
        """``(B, C, H, W) -> (B, C, side, side)``."""
        if not torch.are_deterministic_algorithms_enabled():
            return super().forward(input)
        return averaged(averaged(input, self.side, 2), self.side, 3)


def averaged(maps: Tensor, places: int, dim: int) -> Tensor:
    """The means over as many spans of a dimension, alike in length and overlapping if need be."""
    size = maps.shape[dim]
    # where PyTorch's pooling has them
    spans = [(size * i // places, -(-size * (i + 1) // places)) for i in range(places)]
    return torch.stack([maps.narrow(dim, a, b - a).mean(dim) for a, b in spans], dim)


def features(depth: int, channels: int, side: int, batch_norm: bool) -> nn.Sequential:
    """torchvision's layers for ``channels``, those poolings passed over that leave nothing."""
    layers: nn.Sequential = vgg.make_layers(BLOCKS[depth], batch_norm)
    layers[0] = nn.Conv2d(channels, 64, 3, padding=1)
    spare = side.bit_length() - 1
    for index, layer in enumerate(layers):
        if isinstance(layer, nn.MaxPool2d):
            if spare == 0:
                layers[index] = nn.Identity()  # so that the layers behind it keep their names
            spare = max(0, spare - 1)
        if isinstance(layer, nn.Conv2d):
            # As torchvision does; PyTorch's own smaller weights fade over so many layers.
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            layer.bias.data.zero_()  # type: ignore[union-attr]
    return layers


def dense(inputs: int, outputs: int, dropout: float) -> list[nn.Module]:
    """Linear, activation, dropout, as torchvision orders them."""
    return [nn.Linear(inputs, outputs), nn.ReLU(inplace=True), nn.Dropout(dropout)]
