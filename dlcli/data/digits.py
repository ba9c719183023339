"""Handwritten digits that ship with scikit-learn: 1,797 images of 8x8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from dlcli.data.bundled import bundled_file
from dlcli.data.examples import Examples, Source
from dlcli.data.memory import Memory
from dlcli.data.spec import DataSpec
from dlcli.errors import DataError

SPEC = DataSpec("image", (1, 8, 8), "class", classes=tuple("0123456789"))


class Digits(Memory):
    """Optical recognition of handwritten digits (Alpaydin & Kaynak 1998); needs no files.

    Args: those of ``Memory``.
    """

    def read(self) -> Source:
        """The images as ``(1797, 1, 8, 8)`` in 0 to 16, and their digits."""
        try:
            table = bundled() if (path := bundled_path()) is None else from_csv(path)
        except (ImportError, OSError, ValueError) as error:
            raise DataError(
                f"scikit-learn's digits cannot be read ({error}); install scikit-learn again"
            ) from error
        images = torch.from_numpy(table[:, :64].astype(np.uint8)).reshape(-1, 1, 8, 8)
        labels = torch.from_numpy(table[:, 64].astype(np.int64))
        return Source("digits", SPEC, {"train": Examples(images, labels)})


def bundled_path() -> Path | None:
    """The file in the installed package."""
    return bundled_file("digits.csv.gz")


def from_csv(path: Path) -> np.ndarray:
    """64 pixels and a label a row."""
    return np.loadtxt(path, delimiter=",", dtype=np.float32)


def bundled() -> np.ndarray:
    """The same table from scikit-learn's own function, for packages laid out otherwise."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return np.column_stack([digits.data, digits.target]).astype(np.float32)
