"""Random changes to a batch of images that keep what they show."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dlcli.errors import ConfigError


class Augment:
    """Shift and flip the images of a batch, each at random.

    Args:
        shift: the most pixels an image moves, up, down, left or right; what moves in is zero.
        flip: mirror half of the images, left for right.

    Raises:
        ConfigError: if ``shift`` is negative.
    """

    def __init__(self, shift: int = 0, flip: bool = False) -> None:
        if shift < 0:
            raise ConfigError(f"data.augment.shift: {shift} is negative; pixels count from 0 up")
        self.shift = shift
        self.flip = flip

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """A changed copy of a batch ``(B, C, H, W)``, drawn from ``generator``."""
        if self.shift:
            images = shifted(images, self.shift, generator)
        if self.flip:
            images = flipped(images, generator)
        return images


def shifted(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move each image by its own offset in ``[-most, most]`` along both axes."""
    count, _, height, width = images.shape
    offsets = torch.randint(2 * most + 1, (2, count), generator=generator).to(images.device)
    framed = functional.pad(images, (most, most, most, most))
    # (B, C, 2 most + 1, 2 most + 1, H, W): a view of every place an image can move to
    windows = framed.unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(count, device=images.device), :, offsets[0], offsets[1]]


def flipped(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each image with a chance of one half."""
    chosen = torch.randint(2, (len(images),), generator=generator).to(images.device).bool()
    return torch.where(chosen[:, None, None, None], images.flip(-1), images)
