"""One image file of any format and mode that Pillow reads, as bytes of one size."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageOps

Mode = Literal["grey", "rgb"]

PILLOWS: dict[Mode, str] = {"grey": "L", "rgb": "RGB"}
CHANNELS: dict[Mode, int] = {"grey": 1, "rgb": 3}
# Modes of Pillow without colour.
GREY = {"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"}
# What a damaged file can end in.
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def is_grey(path: Path) -> bool:
    """Whether an image has no colour by its mode, or by all colours of its palette.

    Raises:
        UNREADABLE: one of these errors, if it is no image.
    """
    with Image.open(path) as image:
        if image.mode != "P":
            return image.mode in GREY
        colours: Any = image.convert("RGB").getcolors()
        return all(red == green == blue for _, (red, green, blue) in colours)


def read_image(path: Path, size: int, mode: Mode) -> np.ndarray:
    """An image as bytes ``(C, size, size)``: its middle square, made as large.

    It is turned as its camera was held (EXIF), what is transparent is shown on white, and 16 bits
    a pixel become 8.

    Raises:
        UNREADABLE: one of these errors, if it is no image or is damaged.
    """
    with Image.open(path) as image:
        # A JPEG can be decoded at a half, a quarter or an eighth of its size, which is faster.
        image.draft(None, (size, size))
        upright = ImageOps.exif_transpose(image)
        plain = in_bytes(upright).convert(PILLOWS[mode])
    square = ImageOps.fit(plain, (size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(square, dtype=np.uint8)
    return pixels[None] if mode == "grey" else pixels.transpose(2, 0, 1)


def in_bytes(image: Image.Image) -> Image.Image:
    """An image of 8 bits a channel, without transparency."""
    if image.mode in WIDE:
        return WIDE[image.mode](image)
    if image.has_transparency_data:
        return on_white(image)
    return image


def from_16_bits(image: Image.Image) -> Image.Image:
    """0 to 65,535 as 0 to 255.

    Raises:
        ValueError: if there are numbers outside.
    """
    pixels = np.asarray(image).astype(np.int64)
    if pixels.size and (pixels.min() < 0 or pixels.max() > 0xFFFF):
        raise ValueError("pixels of 32 bits, of which no range is known")
    return Image.fromarray((pixels / 257).round().astype(np.uint8))


def from_fractions(image: Image.Image) -> Image.Image:
    """0 to 1 as 0 to 255.

    Raises:
        ValueError: if there are numbers outside.
    """
    pixels = np.asarray(image, dtype=np.float64)
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 1:
        raise ValueError("pixels of 32 bits, of which no range is known")
    return Image.fromarray((pixels * 255).round().astype(np.uint8))


WIDE: dict[str, Callable[[Image.Image], Image.Image]] = {
    "I": from_16_bits,
    "I;16": from_16_bits,
    "I;16L": from_16_bits,
    "I;16B": from_16_bits,
    "I;16N": from_16_bits,
    "F": from_fractions,
}


def on_white(image: Image.Image) -> Image.Image:
    """What shows of an image on white paper."""
    layers = image.convert("RGBA")
    paper = Image.new("RGBA", layers.size, "white")
    return Image.alpha_composite(paper, layers)
