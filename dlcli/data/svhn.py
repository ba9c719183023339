"""House numbers seen from the street: SVHN."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dlcli.data.examples import Examples, Source
from dlcli.data.fetch import patient
from dlcli.data.published import Published
from dlcli.data.spec import DataSpec
from dlcli.errors import DataError

FILES = {"train": "train_32x32.mat", "test": "test_32x32.mat"}
# The files' label of the digit 0.
ZERO = 10


class SVHN(Published):
    """Digits of house numbers (Netzer et al. 2011): 73,257 to train on, 26,032 to test.

    Args: those of ``Published``: ``root`` is the folder with the two files.
    """

    title = "SVHN"
    needed = ", ".join(FILES.values())
    classes = tuple("0123456789")

    def read(self) -> Source:
        """Both sets, images as ``(N, 3, 32, 32)`` bytes."""
        sets = {name: read_mat(path) for name, path in self.files().items()}
        spec = DataSpec("image", (3, 32, 32), "class", classes=self.classes)
        return Source(str(self.root), spec, sets)

    def find(self) -> dict[str, Path] | None:
        """Both files; None if there is neither.

        Raises:
            DataError: if there is only one of them.
        """
        for folder in (self.root, self.root / self.title):
            found = {name: folder / file for name, file in FILES.items()}
            missing = [path.name for path in found.values() if not path.is_file()]
            if not missing:
                return found
            if len(missing) < len(found):
                raise DataError(
                    f"data.root: {folder} lacks {', '.join(missing)}; the other file is there"
                )
        return None

    @staticmethod
    def fetcher(title: str, folder: Path) -> None:
        """Fetch both files into ``folder/title``; torchvision compares the hashes."""
        from torchvision.datasets import SVHN as known
        from torchvision.datasets.utils import download_url

        with patient():
            for name in FILES:
                url, file, md5 = known.split_list[name]
                download_url(url, str(folder / title), file, md5)


def read_mat(path: Path) -> Examples:
    """Images ``(32, 32, 3, N)`` and labels ``(N, 1)`` of a MATLAB file.

    Raises:
        DataError: if the file is damaged, or holds something else.
    """
    pixels, labels = variables(path)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[:3] != (32, 32, 3):
        raise DataError(
            f"{path}: X is {pixels.dtype} of shape {pixels.shape}, "
            "expected uint8 of shape (32, 32, 3, N)"
        )
    if len(labels) != pixels.shape[3]:
        raise DataError(f"{path}: {pixels.shape[3]} images, but {len(labels)} labels")
    outside = labels[(labels < 1) | (labels > ZERO)]
    if len(outside):
        raise DataError(f"{path}: label {outside[0]} with 10 classes (1 to 9, and 10 for 0)")
    images = np.ascontiguousarray(pixels.transpose(3, 2, 0, 1))
    return Examples(torch.from_numpy(images), torch.from_numpy(labels % ZERO))


def variables(path: Path) -> tuple[Any, np.ndarray]:
    """``X`` and ``y`` of a MATLAB file.

    Raises:
        DataError: if it cannot be read, or lacks one of them.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        held = loadmat(str(path), variable_names=("X", "y"))
        return held["X"], held["y"].astype(np.int64).ravel()
    except KeyError as error:
        raise DataError(f"{path}: has no variable {error}; expected X and y") from error
    except (
        MatReadError,
        NotImplementedError,
        OSError,
        EOFError,
        TypeError,
        ValueError,
        struct.error,
        zlib.error,
    ) as error:
        raise DataError(
            f"{path}: not a MATLAB file that can be read ({str(error).splitlines()[0]}); "
            "delete it and fetch it again"
        ) from error
