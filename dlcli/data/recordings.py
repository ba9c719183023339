"""Labelled signals as they were read, each with its line in the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlcli.data.labels import class_name, number
from dlcli.errors import DataError


@dataclass(frozen=True)
class Recordings:
    """Signals ``(N, C, T)``, the name of each one's class, and its line in the file."""

    file: str
    signals: Tensor
    labels: np.ndarray
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.signals)

    @property
    def targets(self) -> Tensor:
        """A number for each class, ``(N,)``."""
        return torch.from_numpy(np.unique(self.labels, return_inverse=True)[1])

    def take(self, indices: Tensor) -> Recordings:
        """The recordings at ``indices``."""
        chosen = indices.numpy()
        return Recordings(self.file, self.signals[indices], self.labels[chosen], self.lines[chosen])

    def update(self, digest: hashlib._Hash) -> None:
        """Add signals and labels to a hash."""
        digest.update(f"{tuple(self.signals.shape)} ".encode())
        digest.update(self.signals.contiguous().numpy().data)
        digest.update("\n".join(self.labels).encode())


@dataclass(frozen=True)
class Row:
    """One recording: its line in the file, its label, and its channels' values as texts."""

    line: int
    label: str
    channels: Sequence[Sequence[str]]


def assemble(file: str, rows: Iterable[Row]) -> Recordings:
    """All rows of a file as one tensor.

    Raises:
        DataError: if there are none, one has no label, one is of another size than the first,
            or a value is not a finite number.
    """
    signals, labels, lines = [], [], []
    first: Row | None = None
    for row in rows:
        first = first or row
        check_size(file, row, first)
        signals.append([numbers(file, row.line, channel) for channel in row.channels])
        labels.append(class_of(file, row))
        lines.append(row.line)
    if not signals:
        raise DataError(f"{file}: no signals")
    stacked = torch.from_numpy(np.array(signals, dtype=np.float32))
    return Recordings(file, stacked, np.array(labels), np.array(lines))


def check_size(file: str, row: Row, first: Row) -> None:
    """Raise DataError unless a row has the channels and the length of the first."""
    where = f"{file}:{row.line}"
    if not row.channels or not row.channels[0]:
        raise DataError(f"{where}: a label ({row.label!r}) without values")
    if len(row.channels) != len(first.channels):
        raise DataError(
            f"{where}: {len(row.channels)} channels, but line {first.line} has "
            f"{len(first.channels)}"
        )
    length = len(first.channels[0])
    for channel in row.channels:
        if len(channel) != length:
            raise DataError(
                f"{where}: {len(channel)} values, but line {first.line} has {length}; "
                "cut or pad the signals to one length"
            )


def numbers(file: str, line: int, fields: Sequence[str]) -> np.ndarray:
    """A channel's values ``(T,)``."""
    try:
        with np.errstate(over="ignore"):
            values = np.fromiter(map(float, fields), np.float64, len(fields)).astype(np.float32)
    except ValueError:
        values = np.array([np.nan if number(field) is None else 0.0 for field in fields])
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        place = int(bad[0])
        raise DataError(
            f"{file}:{line}: value {place + 1} of {len(fields)} is {fields[place]!r}, "
            "not a finite number"
        )
    return values


def class_of(file: str, row: Row) -> str:
    """The name of a row's class.

    Raises:
        DataError: if there is no label.
    """
    label = row.label.strip().strip("\"'")
    if label.lower() in ("", "nan", "?"):
        raise DataError(f"{file}:{row.line}: no label")
    return class_name(label)
