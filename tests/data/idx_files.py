"""Small IDX files, whole and damaged."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

from dlcli.data.idx import CLASSES, FILES


def encode(values: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    """Values as IDX; ``shape`` is what the header claims."""
    shape = values.shape if shape is None else shape
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + values.tobytes()


def write_set(root: Path, train: int = 40, test: int = 20, zipped: bool = False) -> Path:
    """The four files, with labels 0 to 9 in turn, each image full of its label."""
    root.mkdir(parents=True, exist_ok=True)
    for (name, kind), file in FILES.items():
        labels = np.arange(train if name == "train" else test, dtype=np.uint8) % 10
        pixels = np.broadcast_to(labels[:, None, None], (len(labels), 8, 9))
        content = encode(pixels if kind == "images" else labels)
        path = root / (f"{file}.gz" if zipped else file)
        path.write_bytes(gzip.compress(content) if zipped else content)
    return root


def write_emnist(root: Path, split: str, zipped: bool = False) -> Path:
    """The four files of a split of EMNIST, every class twice; images of 9 columns of 8."""
    root.mkdir(parents=True, exist_ok=True)
    first, count = int(split == "letters"), len(CLASSES[split])
    labels = np.tile(np.arange(first, first + count, dtype=np.uint8), 2)
    pixels = np.tile(np.arange(72, dtype=np.uint8).reshape(9, 8), (len(labels), 1, 1))
    for name in ("train", "test"):
        for kind, values in {"images-idx3": pixels, "labels-idx1": labels}.items():
            path = root / f"emnist-{split}-{name}-{kind}-ubyte{'.gz' if zipped else ''}"
            path.write_bytes(gzip.compress(encode(values)) if zipped else encode(values))
    return root


def write_tiny(folder: Path) -> Path:
    """60 images in the four files of MNIST; the ``data.root`` of them."""
    return write_set(folder)
