"""One batch of CIFAR images, as Python pickles or as plain records; no code in it is run."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from dlcli.errors import DataError

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
AGAIN = "delete it and fetch it again"
Batch = tuple[np.ndarray, np.ndarray]


def read_records(path: Path, labels: int) -> Batch:
    """Images ``(N, 3, 32, 32)`` and labels ``(N,)`` of the binary version.

    Args:
        path: of records of ``labels`` bytes and 3,072 pixels.
        labels: the label bytes of a record; the last one counts.

    Raises:
        DataError: if the file is empty or ends in the middle of a record.
    """
    try:
        content = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    record = labels + PIXELS
    if not len(content) or len(content) % record:
        refuse(path, f"{len(content):,} bytes, which is not a number of records of {record:,}")
    rows = content.reshape(-1, record)
    return rows[:, labels:].reshape(-1, *SHAPE), rows[:, labels - 1].astype(np.int64)


def read_pickle(path: Path, key: str) -> Batch:
    """Images ``(N, 3, 32, 32)`` and labels ``(N,)`` of the Python version.

    Args:
        path: of a pickled dictionary with ``data`` and labels.
        key: the labels' name in it.

    Raises:
        DataError: if the file holds anything but texts, numbers, lists and arrays of bytes.
    """
    try:
        with path.open("rb") as file:
            batch = text_keys(DataUnpickler(file, encoding="latin1").load())
        pixels = array(batch["data"])
        labels = np.asarray(batch[key], dtype=np.int64)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    except DAMAGE as error:
        refuse(path, f"not a batch of CIFAR images ({type(error).__name__}: {error})")
    if pixels.size != len(labels) * PIXELS or labels.ndim != 1:
        refuse(path, f"{len(labels)} labels, but {pixels.size:,} pixels")
    return pixels.reshape(-1, *SHAPE), labels


# What a damaged or foreign pickle can end in.
DAMAGE = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


class Pixels:
    """Stands for a NumPy array in a pickle: holds its shape and its bytes."""

    def __init__(self, *_: Any) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state


def array(pixels: Any) -> np.ndarray:
    """The array that a ``Pixels`` stands for, which must be one of bytes in rows.

    Raises:
        TypeError: if it is something else.
        ValueError: if it is another array.
    """
    if not isinstance(pixels, Pixels):
        raise TypeError("its data are no array")
    _, shape, kind, by_column, content = pixels.state
    if by_column or kind.name not in ("u1", "uint8"):
        raise ValueError("its data are not unsigned bytes in rows")
    raw = content.encode("latin1") if isinstance(content, str) else bytes(content)
    return np.frombuffer(raw, dtype=np.uint8).reshape(shape)


class Kind:
    """Stands for a NumPy type in a pickle."""

    def __init__(self, name: Any = "", *_: Any) -> None:
        self.name = name

    def __setstate__(self, _: Any) -> None:
        """What is in it is of no use here."""


def encode(text: str, encoding: str = "latin1") -> bytes:
    """Python 3 writes bytes so into an old pickle."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in {encoding}")
    return text.encode("latin1")


NAMES: dict[tuple[str, str], Callable[..., Any]] = {
    ("_codecs", "encode"): encode,
    ("numpy", "dtype"): Kind,
    ("numpy", "ndarray"): Pixels,
    ("numpy.core.multiarray", "_reconstruct"): Pixels,
    ("numpy._core.multiarray", "_reconstruct"): Pixels,
}


class DataUnpickler(pickle.Unpickler):
    """Reads data and runs nothing: an array becomes ``Pixels``, any other name is refused."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """What stands for ``module.name``."""
        if (module, name) not in NAMES:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no data")
        return NAMES[module, name]


def text_keys(batch: Any) -> dict[str, Any]:
    """A dictionary with its keys as texts; Python 2 wrote bytes.

    Raises:
        TypeError: if it is something else.
    """
    if not isinstance(batch, dict):
        raise TypeError("it holds no dictionary")
    return {key.decode() if isinstance(key, bytes) else key: batch[key] for key in batch}


def refuse(path: Path, reason: str) -> NoReturn:
    """Raise DataError for ``path``."""
    raise DataError(f"{path}: {reason}; {AGAIN}")
