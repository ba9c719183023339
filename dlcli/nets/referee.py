"""A small classifier, in whose features generated examples are compared with real ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlcli.data.spec import DataSpec

FEATURES = 64
# Convolutions take half the time in this layout, on a CPU.
CHANNELS_LAST = torch.channels_last


class Referee(nn.Module):
    """Convolutions for images, a hidden layer for signals and vectors; then 64 features.

    Args:
        spec: what the data looks like; quantities with classes.
    """

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.features = convolutional(spec) if spec.kind == "image" else dense(spec)
        self.head = nn.Linear(FEATURES, len(spec.classes))
        self._low, self._span = spec.low, (spec.high - spec.low) or 1.0

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Prepared inputs ``(B, *spec.shape)`` -> features ``(B, 64)``, logits ``(B, classes)``."""
        x = x.to(self.head.weight.dtype)
        features: Tensor = self.features(2 * (x - self._low) / self._span - 1)
        return features, self.head(features)


def convolutional(spec: DataSpec) -> nn.Sequential:
    """Features of images of any size, by convolutions that halve it: two, or until it is 8."""
    channels, height, width = spec.shape
    blocks: list[nn.Module] = []
    for wider in (16, 32, *[32] * max(0, (max(height, width) - 1).bit_length() - 5)):
        blocks += [nn.Conv2d(channels, wider, 3, stride=2, padding=1), nn.ReLU()]
        channels, height, width = wider, (height + 1) // 2, (width + 1) // 2
    trunk = nn.Sequential(*blocks).to(memory_format=CHANNELS_LAST)
    features = nn.Linear(channels * height * width, FEATURES)
    return nn.Sequential(trunk, nn.Flatten(), features, nn.ReLU())


def dense(spec: DataSpec) -> nn.Sequential:
    """Features of signals and vectors."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(spec.features, 128),
        nn.ReLU(),
        nn.Linear(128, FEATURES),
        nn.ReLU(),
    )
