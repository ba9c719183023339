"""Small CIFAR files in both layouts, as folders and as archives."""

from __future__ import annotations

import pickle
import tarfile
from pathlib import Path

import numpy as np

from dlcli.data.cifar import CIFAR10, Layout


def batch(count: int, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Rows of 3,072 pixels and their labels in turn: red as the label, no green, full blue."""
    labels = np.arange(count) % classes
    pixels = np.zeros((count, 3, 1024), np.uint8)
    pixels[:, 0] = labels[:, None]
    pixels[:, 2] = 255
    return pixels.reshape(count, -1), labels


def write_pickles(root: Path, kind: type[CIFAR10] = CIFAR10, each: int = 20) -> Path:
    """The folder of the Python version, as Python 2 wrote it."""
    folder = root / kind.pickles.folder
    folder.mkdir(parents=True)
    for name in kind.pickles.files:
        pixels, labels = batch(each, len(kind.classes))
        content = {b"data": pixels, kind.key.encode(): labels.tolist(), b"batch_label": b"x"}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    return root


def write_records(root: Path, kind: type[CIFAR10] = CIFAR10, each: int = 20) -> Path:
    """The folder of the binary version."""
    folder = root / kind.records.folder
    folder.mkdir(parents=True)
    for name in kind.records.files:
        pixels, labels = batch(each, len(kind.classes))
        names = np.stack([labels // 5, labels] if kind.label_bytes == 2 else [labels], 1)
        (folder / name).write_bytes(np.hstack([names.astype(np.uint8), pixels]).tobytes())
    return root


def archived(root: Path, layout: Layout) -> Path:
    """Put the folder of a layout into its archive."""
    folder = root / layout.folder
    with tarfile.open(root / layout.archive, "w:gz") as archive:
        archive.add(folder, layout.folder)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return root


def write_tiny(folder: Path) -> Path:
    """CIFAR-10 of 120 images as pickles; the ``data.root`` of them."""
    return write_pickles(folder)
