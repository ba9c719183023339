"""A table as it was read: texts in named columns, each row with its line in the file."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlcli.errors import ConfigError, DataError


@dataclass(frozen=True)
class Table:
    """Rows of texts.

    Args:
        file: what to call it in messages.
        frame: pandas' DataFrame of texts; what is missing is NaN.
        lines: the line in the file that each row begins in, ``(N,)``.
        target: the name of the column to predict.
    """

    file: str
    frame: Any
    lines: np.ndarray
    target: str = ""

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def targets(self) -> Tensor:
        """A number for each different text in the target's column, ``(N,)``."""
        import pandas

        return torch.from_numpy(pandas.factorize(self.frame[self.target])[0].astype(np.int64))

    @property
    def inputs(self) -> list[str]:
        """The names of the columns to predict from."""
        return [name for name in self.frame.columns if name != self.target]

    def take(self, indices: Tensor) -> Table:
        """The rows at ``indices``."""
        chosen = indices.numpy()
        return replace(self, frame=self.frame.iloc[chosen], lines=self.lines[chosen])

    def without(self, names: Sequence[str]) -> Table:
        """All but some columns."""
        return replace(self, frame=self.frame.drop(columns=list(names)))

    def update(self, digest: hashlib._Hash) -> None:
        """Add names and texts to a hash."""
        for name in self.frame.columns:
            column = self.frame[name]
            digest.update(f"{name!r} ".encode())
            digest.update(column.isna().to_numpy().tobytes())
            digest.update("\x1f".join(column.fillna("")).encode())

    def error(self, row: int, problem: str) -> DataError:
        """What is wrong with a row, with its place in the file."""
        return DataError(f"{self.file}:{self.lines[row]}: {problem}")

    def find(self, key: str, wanted: str | int) -> str:
        """The name of a column given by name or, where no name is the same, by index from 0.

        Raises:
            ConfigError: if there is none; ``key`` is what names it in the configuration.
        """
        names = list(self.frame.columns)
        if str(wanted) in names:
            return str(wanted)
        if not isinstance(wanted, int):
            near = difflib.get_close_matches(wanted, names, n=2)
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            raise ConfigError(
                f"{key}: {self.file} has no column {wanted!r}; {hint}columns: {listed(names)}"
            )
        if not -len(names) <= wanted < len(names):
            raise ConfigError(
                f"{key}: {self.file} has no column {wanted}; it has {len(names)}: 0 to "
                f"{len(names) - 1}, or -1 for the last"
            )
        return str(names[wanted])


def listed(names: Sequence[str], most: int = 20) -> str:
    """Names in a message, not too many."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
