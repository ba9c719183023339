"""A small classifier, in whose features generated examples are compared with real ones."""

from __future__ import annotations

from torch import Tensor, nn

from dlcli.data.spec import DataSpec

FEATURES = 64


class Referee(nn.Module):
    """Two convolutions for images, a hidden layer for signals and vectors; then 64 features.

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
        features: Tensor = self.features(2 * (x - self._low) / self._span - 1)
        return features, self.head(features)


def convolutional(spec: DataSpec) -> nn.Sequential:
    """Features of images of any size."""
    colours, height, width = spec.shape
    halves = ((height + 1) // 2, (width + 1) // 2)
    places = tuple(min(8, (side + 1) // 2) for side in halves)
    return nn.Sequential(
        nn.Conv2d(colours, 16, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(halves),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(places),
        nn.Flatten(),
        nn.Linear(32 * places[0] * places[1], FEATURES),
        nn.ReLU(),
    )


def dense(spec: DataSpec) -> nn.Sequential:
    """Features of signals and vectors."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(spec.features, 128),
        nn.ReLU(),
        nn.Linear(128, FEATURES),
        nn.ReLU(),
    )
