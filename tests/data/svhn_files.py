"""Small SVHN files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat


def write_mat(path: Path, count: int = 40, **changed: np.ndarray) -> Path:
    """Labels 1 to 10 in turn, each image full of its label, red upside."""
    labels = np.arange(count) % 10 + 1
    pixels = np.broadcast_to(labels.astype(np.uint8), (32, 32, 3, count)).copy()
    pixels[0, :, 0] = 255
    savemat(path, {"X": pixels, "y": labels[:, None].astype(np.uint8)} | changed)
    return path


def write_tiny(folder: Path) -> Path:
    """60 images in the two files; the ``data.root`` of them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_mat(folder / "train_32x32.mat", 40)
    write_mat(folder / "test_32x32.mat", 20)
    return folder
