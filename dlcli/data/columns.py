"""Columns of a table as numbers: filled in where they are missing, one-hot where they are texts."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from dlcli.data.labels import in_order
from dlcli.data.table import Table, listed
from dlcli.errors import DataError

# A column with a text among so many different numbers, and no more texts than so large a share,
# is one of numbers with mistakes in it.
MANY = 20
FEW = 0.1
LARGEST = float(np.finfo(np.float32).max)
# So many steps of a standard deviation 32 bits should hold.
STEPS = 1000


class Column(Protocol):
    """How one column becomes one or more features."""

    @property
    def name(self) -> str:
        """The column's."""

    @property
    def width(self) -> int:
        """How many features it makes."""

    def encode(self, table: Table) -> np.ndarray:
        """The features ``(N, width)``.

        Raises:
            DataError: if the table has values that the column cannot have.
        """


@dataclass(frozen=True)
class Number:
    """A column of numbers, one feature.

    Args:
        name: the column's.
        median: of the training split; what is missing becomes it.
        decimal: the mark before the fraction.
        origin: what is subtracted, so that 32 bits hold what numbers such as times differ by.
    """

    name: str
    median: float
    decimal: str = "."
    origin: float = 0.0

    @property
    def width(self) -> int:
        """One."""
        return 1

    def encode(self, table: Table) -> np.ndarray:
        """The numbers ``(N, 1)``."""
        values = numbers(table, self.name, self.decimal)
        return np.where(np.isnan(values), self.median, values)[:, None] - self.origin


@dataclass(frozen=True)
class Choice:
    """A column of texts, one feature for each; all are 0 for a text that is not among them.

    Args:
        name: the column's.
        values: the different texts of the training split; an empty one stands for missing.
    """

    name: str
    values: tuple[str, ...]

    @property
    def width(self) -> int:
        """One for each text."""
        return len(self.values)

    def encode(self, table: Table) -> np.ndarray:
        """Which text it is, ``(N, width)``."""
        column = texts(table, self.name)
        return np.stack([(column == value).to_numpy() for value in self.values], axis=1)


def fit_columns(table: Table, decimal: str, most: int) -> list[Column]:
    """What the columns of a training split are; those that are the same everywhere are left out.

    Raises:
        DataError: if a column has more than ``most`` different texts, or none is left.
    """
    fitted = {name: fit_column(table, name, decimal, most) for name in table.inputs}
    same = [name for name, column in fitted.items() if column is None]
    if same:
        warnings.warn(
            f"{table.file}: left out, because they are the same or empty in every row of the "
            f"training split: {listed(same)}",
            stacklevel=2,
        )
    kept = [column for column in fitted.values() if column is not None]
    if not kept:
        raise DataError(f"{table.file}: no column is left to predict {table.target!r} from")
    return kept


def fit_column(table: Table, name: str, decimal: str, most: int) -> Column | None:
    """What one column is; None where it is the same everywhere."""
    column = table.frame[name]
    values = parsed(column, decimal)
    known = values[~np.isnan(values)]
    distinct = len(np.unique(known))
    words = int(column.notna().sum()) - len(known)
    if words and (distinct <= MANY or words > FEW * len(known)):
        return choice(table, name, most)
    numbers(table, name, decimal)  # refuses the few words, and what is too large
    if distinct < 2:
        return None
    median = float(np.median(known))
    return Number(name, median, decimal, median if is_coarse(known) else 0.0)


def is_coarse(values: np.ndarray) -> bool:
    """Whether 32 bits hold too few steps of what values ``(N,)`` differ by."""
    step = float(np.finfo(np.float32).eps) * float(abs(values).max())
    return step * STEPS > float(values.std())


def choice(table: Table, name: str, most: int) -> Choice | None:
    """The different texts of a column; None where there is one."""
    values = in_order(texts(table, name))
    if len(values) > most:
        examples = ", ".join(map(repr, values[:3]))
        raise DataError(
            f"{table.file}: column {name!r} has {len(values)} different texts ({examples}, …), "
            f"too many for a feature each; leave it out (data.drop=[{name}]), "
            f"or data.max_categories={len(values)}"
        )
    return Choice(name, tuple(values)) if len(values) > 1 else None


def numbers(table: Table, name: str, decimal: str) -> np.ndarray:
    """The numbers of a column ``(N,)``, NaN where they are missing.

    Raises:
        DataError: with the line, for a text, and for a number too large for 32 bits.
    """
    column = table.frame[name]
    values = parsed(column, decimal)
    wrong = np.flatnonzero((np.isnan(values) & column.notna().to_numpy()) | (abs(values) > LARGEST))
    if not len(wrong):
        return values
    row = int(wrong[0])
    what = "is not a number" if np.isnan(values[row]) else "is too large"
    others = f" ({len(wrong)} such values)" if len(wrong) > 1 else ""
    text = str(column.iloc[row])[:40]
    raise table.error(
        row,
        f"{text!r} in column {name!r} {what}{others}; mend it, or data.missing=[{text!r}] if it "
        "stands for a missing value",
    )


def parsed(column: Any, decimal: str) -> np.ndarray:
    """Texts as numbers ``(N,)``; NaN where they are none.

    Where another mark stands before the fraction, points may part groups of three digits.
    """
    import pandas

    if decimal != ".":
        mark = re.escape(decimal)
        grouped = rf"\s*[-+]?\d{{1,3}}(\.\d{{3}})+({mark}\d*)?\s*"
        pointless = ~column.str.contains(".", regex=False, na=False)
        column = column.where(pointless | column.str.fullmatch(grouped, na=False))
        column = column.str.replace(".", "", regex=False).str.replace(decimal, ".", regex=False)
    values = pandas.to_numeric(column, errors="coerce")
    return np.asarray(values.to_numpy(np.float64, na_value=np.nan))


def texts(table: Table, name: str) -> Any:
    """The texts of a column without blanks around them; empty where they are missing."""
    return table.frame[name].fillna("").str.strip()


def features(table: Table, columns: Sequence[Column]) -> Tensor:
    """All columns side by side, ``(N, F)``.

    Raises:
        DataError: if the table lacks one.
    """
    lacking = [column.name for column in columns if column.name not in table.frame.columns]
    if lacking:
        raise DataError(
            f"{table.file}: no column {', '.join(map(repr, lacking))}, which the training split "
            f"had; columns: {listed(list(table.frame.columns))}"
        )
    parts = [column.encode(table) for column in columns]
    return torch.from_numpy(np.concatenate(parts, axis=1, dtype=np.float32, casting="unsafe"))


def state(columns: Sequence[Any]) -> list[dict[str, Any]]:
    """Columns as plain containers."""
    return [asdict(column) for column in columns]


def restored(states: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The columns of such containers."""
    return [Choice(**each) if "values" in each else Number(**each) for each in states]
