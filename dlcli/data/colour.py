"""Random changes of brightness, contrast and saturation."""

from __future__ import annotations

import torch
from torch import Tensor

# What red, green and blue add to brightness (ITU-R BT.601).
LUMA = (0.299, 0.587, 0.114)


def jittered(images: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Change brightness, contrast and saturation, each by a factor in ``[1 - most, 1 + most]``.

    Args:
        images: ``(B, C, H, W)``; of three channels they are red, green and blue.
        most: the largest change, a share.
        generator: what the factors are drawn from.

    Returns:
        float32 within the range of the batch.
    """
    pixels = images.float()
    low, high = pixels.aminmax()
    factors = torch.empty(3, len(images), 1, 1, 1)
    factors = factors.uniform_(1 - most, 1 + most, generator=generator).to(images.device)
    # Brightness is counted from the darkest pixel of the batch, which need not be zero.
    pixels = low + (pixels - low) * factors[0]
    mean = grey(pixels).mean((1, 2, 3), keepdim=True)
    pixels = torch.lerp(mean, pixels, factors[1])
    if images.shape[1] == 3:
        pixels = torch.lerp(grey(pixels), pixels, factors[2])
    return pixels.clamp(low, high)


def grey(pixels: Tensor) -> Tensor:
    """The brightness of colour images, or the mean of other channels: ``(B, 1, H, W)``."""
    if pixels.shape[1] != 3:
        return pixels.mean(1, keepdim=True)
    weights = torch.tensor(LUMA, device=pixels.device)
    return torch.einsum("bchw,c->bhw", pixels, weights).unsqueeze(1)
