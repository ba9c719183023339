"""Small trees of image files in many formats and modes, whole and damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"blue": (20, 40, 200), "red": (200, 30, 40)}


def picture(mode: str, colour: tuple[int, int, int], size: tuple[int, int] = (20, 14)) -> Image:
    """One colour, in a mode of Pillow."""
    if mode == "I;16":
        return Image.fromarray(np.full((size[1], size[0]), 257 * colour[0], np.uint16))
    image = Image.new("RGB", size, colour)
    return image.quantize(4) if mode == "P" else image.convert(mode)


def write_tree(
    folder: Path, each: int = 6, mode: str = "RGB", suffix: str = "png", **colours: tuple
) -> Path:
    """``each`` images of every class below ``folder``, a little different in size."""
    for name, colour in (colours or COLOURS).items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for n in range(each):
            picture(mode, colour, (20 + n, 14 + n)).save(folder / name / f"{n}.{suffix}")
    return folder


def write_tiny(folder: Path) -> Path:
    """Red and blue images to train on and to test on; the ``data.root`` of them."""
    write_tree(folder / "train", 20)
    write_tree(folder / "test", 4)
    return folder
