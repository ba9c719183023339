"""Residual networks (He et al. 2016), torchvision's, for images of any size."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn
from torchvision.models import resnet

from dlcli.data.spec import DataSpec
from dlcli.nets.check import check_choice
from dlcli.nets.head import head
from dlcli.nets.image import image_shape

BLOCKS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3]}
# Smaller images than this cannot spare what the first layers of the paper leave out.
LARGE = 64
# What the last maps are averaged to.
FEATURES = 512


class ResNet(resnet.ResNet):  # type: ignore[misc]
    """torchvision's network, parameter by parameter, with a head and a stem of our own.

    Images below 64 pixels are read by a 3x3 convolution of stride 1 and not pooled, as in
    section 4.2 of the paper, larger ones by the 7x7 convolution of stride 2 and pooling by 2 of
    section 3.3.

    Args:
        spec: what the data looks like; images only.
        depth: the layers with weights.

    Raises:
        ConfigError: if the data is not images.
    """

    def __init__(self, spec: DataSpec, depth: Literal[18, 34] = 18) -> None:
        check_choice("depth", str(depth), map(str, BLOCKS))
        family = f"cnn/resnet{depth}"
        channels, height, width = image_shape(family, spec)
        super().__init__(resnet.BasicBlock, BLOCKS[depth])
        if min(height, width) < LARGE:
            self.conv1 = convolution(channels, 3, stride=1)
            self.maxpool = nn.Identity()
        elif channels != self.conv1.in_channels:
            self.conv1 = convolution(channels, 7, stride=2)
        self.fc = head(family, FEATURES, spec)
        # Pooling and batch norm over images are vectorised in this layout only, on a CPU.
        self.to(memory_format=torch.channels_last)


def convolution(channels: int, side: int, stride: int) -> nn.Conv2d:
    """The first layer, with the initial weights that torchvision gives to all."""
    layer = nn.Conv2d(channels, 64, side, stride=stride, padding=side // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer
