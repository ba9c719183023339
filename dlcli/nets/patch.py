"""Images and signals as sequences of patches."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.sequence import Sequence

# About so many patches an example: attention compares each with each.
PATCHES = 64


class Patches(nn.Module):
    """Images or signals cut into patches, each a vector of all its numbers.

    Args:
        sides: the side of a patch in each dimension, ``(height, width)`` or ``(steps,)``.
        size: that of the data, filled up with zeros where patches do not fit in exactly.
    """

    def __init__(self, sides: tuple[int, ...], size: tuple[int, ...]) -> None:
        super().__init__()
        self.sides = sides
        missing = [-length % side for side, length in zip(sides, size, strict=True)]
        # Of the last dimension first: before and after.
        self.frame = tuple(edge for after in reversed(missing) for edge in (0, after))

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, *size) -> (B, T, C * side * …)``, from the top left, row by row."""
        if any(self.frame):
            x = functional.pad(x, self.frame)
        for place, side in enumerate(self.sides):
            x = x.unfold(2 + place, side, side)
        # (B, C, *places, *sides): the places become the sequence.
        dims = len(self.sides)
        places = range(2, 2 + dims)
        inside = range(2 + dims, 2 + 2 * dims)
        x = x.permute(0, *places, 1, *inside)
        return x.flatten(1, dims).flatten(2)


def patches(spec: DataSpec, patch: int | None) -> Sequence:
    """The patches of images or signals.

    Args:
        spec: what the data looks like.
        patch: the side of a patch, in pixels or steps; None for one that fits.

    Raises:
        ConfigError: if a patch is larger than an example, or has no side.
    """
    channels, *size = spec.shape
    side = fitting(size) if patch is None else patch
    check_patch(side, size)
    count = math.prod(math.ceil(length / side) for length in size)
    sides = (side,) * len(size)
    return Sequence(Patches(sides, tuple(size)), channels * side ** len(size), count)


def fitting(size: list[int]) -> int:
    """The smallest side that divides the data into at most about 64 patches.

    Where none does, the smallest that needs the data to be filled up.
    """
    most = round(PATCHES ** (1 / len(size)))
    least = max(2, math.ceil(max(size) / most))
    common = math.gcd(*size)
    exact = [side for side in range(least, common // 2 + 1) if common % side == 0]
    return exact[0] if exact else min(least, *size)


def check_patch(side: int, size: list[int]) -> None:
    """Raise ConfigError unless a patch is as large as something, and no larger than all."""
    if not 1 <= side <= min(size):
        shape = "x".join(map(str, size))
        raise ConfigError(
            f"model.net.patch: {side} is not from 1 to {min(size)}, "
            f"the shortest side of the data, which is {shape}"
        )
