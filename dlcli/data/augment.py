"""Random changes to a batch of images that keep what they show."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from dlcli.data.colour import jittered
from dlcli.errors import ConfigError

# Aspect ratios of a crop (Szegedy et al. 2015, "Going deeper with convolutions", section 6).
ASPECT = (3 / 4, 4 / 3)


class Augment:
    """Change the images of a batch, each by its own draw.

    Bytes stay bytes under ``shift``, ``flip`` and ``erase``; the others make float32 of them, in
    the same range.

    Args:
        shift: the most pixels an image moves, up, down, left or right; what moves in is zero.
            This is padding by so much and cropping to the old size.
        flip: mirror half of the images, left for right.
        rotate: the most degrees an image turns about its centre, either way.
        scale: the most it grows or shrinks, as a share: 0.1 is from 0.9 to 1.1 times its size.
        crop: the least share of the area of a crop at random, which is then brought up to the
            whole size, with sides from 3:4 to 4:3; 1 for no crop. What such a crop would have
            beyond the image is cut off, so that near 1 it keeps a little less.
        colour: the most that brightness, contrast and, of colour images, saturation change, as a
            share; the result is kept within the range of the batch.
        noise: the standard deviation of what is added to each pixel, as a share of the range of
            the batch.
        erase: the side, in pixels, of a square that is set to zero, centred anywhere in the image
            (Cutout, DeVries & Taylor 2017).

    Raises:
        ConfigError: if an argument is out of range.
    """

    def __init__(
        self,
        shift: int = 0,
        flip: bool = False,
        rotate: float = 0.0,
        scale: float = 0.0,
        crop: float = 1.0,
        colour: float = 0.0,
        noise: float = 0.0,
        erase: int = 0,
    ) -> None:
        check(shift, rotate, scale, crop, colour, noise, erase)
        self.shift = shift
        self.flip = flip
        self.rotate = rotate
        self.scale = scale
        self.crop = crop
        self.colour = colour
        self.noise = noise
        self.erase = erase

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """A changed copy of a batch ``(B, C, H, W)``, drawn from ``generator``."""
        if self.rotate or self.scale or self.crop < 1:
            images = self._warped(images, generator)
        if self.shift:
            images = shifted(images, self.shift, generator)
        if self.flip:
            images = flipped(images, generator)
        if self.colour:
            images = jittered(images, self.colour, generator)
        if self.noise:
            images = noisy(images, self.noise, generator)
        if self.erase:
            images = erased(images, self.erase, generator)
        return images

    def _warped(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Rotated, scaled and cropped, in one go."""
        count = len(images)
        angles = uniform(-self.rotate, self.rotate, count, generator)
        sizes = uniform(1 - self.scale, 1 + self.scale, count, generator)
        maps = turns(angles, sizes, images.shape[-2] / images.shape[-1])
        if self.crop < 1:
            maps = maps @ crops(self.crop, count, generator)
        grid = functional.affine_grid(
            maps[:, :2].to(images.device), list(images.shape), align_corners=False
        )
        return functional.grid_sample(images.float(), grid, align_corners=False)


def uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """Numbers ``(count,)`` between the two."""
    return torch.empty(count).uniform_(low, high, generator=generator)


def turns(angles: Tensor, sizes: Tensor, aspect: float) -> Tensor:
    """Where a turned and scaled image takes its pixels from.

    Args:
        angles: in degrees, counter-clockwise, ``(B,)``.
        sizes: how many times as large, ``(B,)``.
        aspect: height by width, because places are counted from -1 to 1 along both.

    Returns:
        Matrices ``(B, 3, 3)`` from places in the result to places in the image.
    """
    radians = torch.deg2rad(angles)
    cosine, sine = radians.cos() / sizes, radians.sin() / sizes
    maps = torch.zeros(len(angles), 3, 3)
    maps[:, 0, 0], maps[:, 0, 1] = cosine, -sine * aspect
    maps[:, 1, 0], maps[:, 1, 1] = sine / aspect, cosine
    maps[:, 2, 2] = 1
    return maps


def crops(least: float, count: int, generator: torch.Generator) -> Tensor:
    """Maps ``(count, 3, 3)`` from the whole result to a part of the image, at random."""
    area = uniform(least, 1, count, generator)
    aspect = uniform(math.log(ASPECT[0]), math.log(ASPECT[1]), count, generator).exp()
    sides = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], 1).clamp(max=1)
    maps = torch.diag_embed(functional.pad(sides, (0, 1), value=1))
    maps[:, :2, 2] = (1 - sides) * (2 * torch.rand(count, 2, generator=generator) - 1)
    return maps


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


def noisy(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Add to each pixel a normal number of deviation ``share`` of the range of the batch."""
    pixels = images.float()
    if images.device.type != "cpu":
        # Drawn where it is needed: a batch of noise takes longer to move than to make.
        seed = int(torch.randint(2**62, (1,), generator=generator))
        generator = torch.Generator(images.device).manual_seed(seed)
    noise = torch.randn(images.shape, generator=generator, device=images.device)
    return pixels + noise * (share * (pixels.amax() - pixels.amin()))


def erased(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Set a square of each image to zero, as far as it lies in the image."""
    count, _, height, width = images.shape
    rows = within(height, side, count, generator)
    columns = within(width, side, count, generator)
    square = (rows[:, None, :, None] & columns[:, None, None, :]).to(images.device)
    return images.masked_fill(square, 0)


def within(length: int, side: int, count: int, generator: torch.Generator) -> Tensor:
    """Which places along an axis are in a stretch of ``side`` about a random one of them."""
    start = torch.randint(length, (count, 1), generator=generator) - side // 2
    places = torch.arange(length)
    return (places >= start) & (places < start + side)


def check(
    shift: int,
    rotate: float,
    scale: float,
    crop: float,
    colour: float,
    noise: float,
    erase: int,
) -> None:
    """Raise ConfigError with every argument that is out of range."""
    rules = (
        ("shift", shift, shift >= 0, "is negative; pixels count from 0 up"),
        ("rotate", rotate, 0 <= rotate <= 180, "is not from 0 to 180 degrees"),
        ("scale", scale, 0 <= scale < 1, "is not in [0, 1), a share of the size"),
        ("crop", crop, 0 < crop <= 1, "is not in (0, 1], a share of the area"),
        ("colour", colour, 0 <= colour <= 1, "is not in [0, 1], a share"),
        ("noise", noise, noise >= 0, "is negative; it is a standard deviation"),
        ("erase", erase, erase >= 0, "is negative; pixels count from 0 up"),
    )
    problems = [
        f"data.augment.{name}: {value} {why}" for name, value, fits, why in rules if not fits
    ]
    if problems:
        raise ConfigError(problems)
