"""Read a table from a text file: CSV, TSV, with semicolons; quoted fields; any encoding."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from dlcli.data.labels import number
from dlcli.data.table import Table
from dlcli.data.text_file import AUTO, fields_of, read_text
from dlcli.errors import DataError

SEPARATORS = (",", ";", "\t", "|")
# What stands for a missing value: pandas' own, and a question mark.
MISSING = (
    *("", "?", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NULL", "null"),
    *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
# It does among numbers; among texts it may well be one of them.
NONE = "None"


@dataclass(frozen=True)
class Layout:
    """How a file holds a table.

    Args:
        header: whether the first row names the columns; else they are named from 0 up.
        separator: between two fields; None to find out.
        encoding: as for ``read_text``.
        missing: texts that stand for a missing value, beside the usual ones.
    """

    header: bool = True
    separator: str | None = None
    encoding: str = AUTO
    missing: tuple[str, ...] = ()


def read_table(place: str, path: Path, layout: Layout) -> Table:
    """The table in a file.

    Args:
        place: the configuration key that names the file, for messages.
        path: the file.
        layout: of the file.

    Raises:
        DataError: if there is no file, no row, or a row with more or fewer fields than the first.
    """
    import pandas

    text = read_text(path, layout.encoding, place)
    separator = layout.separator or separator_of(text)
    names, lines = outline(path, text, separator, layout.header)
    try:
        frame = pandas.read_csv(
            io.StringIO(text),
            sep=separator,
            header=0 if layout.header else None,
            names=names,
            index_col=False,
            dtype=str,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[*MISSING, *layout.missing],
        )
    except pandas.errors.ParserError as error:
        # the last row is the one that a quote without an end has made of all that follows
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path}:{lines[-1]}: {reason}; is a quote left open?") from error
    if len(frame) != len(lines):
        raise DataError(f"{path}: {len(lines)} rows, of which {len(frame)} can be read")
    return without_counter(Table(str(path), frame.apply(without_none), np.array(lines)))


def fields(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row's first line in the file, and its fields; blank lines are left out."""
    reader = fields_of(text, delimiter=separator, skipinitialspace=True)
    line = 1
    for row in reader:
        if len(row) > 1 or (row and row[0].strip()):
            yield line, row
        line = reader.line_num + 1


def separator_of(text: str) -> str:
    """What parts the fields: of the usual characters the one that gives most rows alike."""

    def score(separator: str) -> tuple[int, int]:
        try:
            counts = Counter(len(row) for _, row in islice(fields(text, separator), 20))
        except csv.Error:
            return 0, 0
        size, rows = counts.most_common(1)[0]
        return (rows, size) if size > 1 else (0, 0)

    return max(SEPARATORS, key=score)


def outline(path: Path, text: str, separator: str, header: bool) -> tuple[list[str], list[int]]:
    """The names of the columns, and the line that each row begins in.

    Raises:
        DataError: if a row has more or fewer fields than the first, or there is none.
    """
    rows = fields(text, separator)
    try:
        start, first = next(rows)
        lines = [] if header else [start]
        for line, row in rows:
            if len(row) != len(first):
                raise DataError(
                    f"{path}:{line}: {len(row)} fields, but line {start} has {len(first)} "
                    f"(parted by {separator!r}); mend the line, or name the right data.separator"
                )
            lines.append(line)
    except csv.Error as error:
        raise DataError(f"{path}: {error}; is a quote left open?") from error
    if not lines:
        raise DataError(f"{path}: a header and no rows; data.header=false if it is a row")
    return column_names(path, first) if header else [str(n) for n in range(len(first))], lines


def column_names(path: Path, row: Sequence[str]) -> list[str]:
    """The names in a header; a column without one is called by its number.

    Raises:
        DataError: if two are the same.
    """
    names = [name.strip() or f"column {place}" for place, name in enumerate(row, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(
            f"{path}: several columns are called {', '.join(map(repr, twice))}; rename them, "
            "or data.header=false if the first row is no header"
        )
    if all(number(name) is not None for name in names):
        warnings.warn(
            f"{path}: the first row, taken for the names of the columns, is all numbers; "
            "if it is a row like the others, set data.header=false",
            stacklevel=2,
        )
    return names


def without_none(column: Any) -> Any:
    """A column in which ``None`` is missing where all else are numbers."""
    import pandas

    none = column.str.strip() == NONE
    if not none.any():
        return column
    others = column[~none].dropna().str.replace(",", ".")
    numbers = pandas.to_numeric(others, errors="coerce").notna()
    return column.mask(none) if numbers.all() else column


def without_counter(table: Table) -> Table:
    """A table without the nameless first column in which spreadsheets and pandas number rows.

    The rows of a part of a table, or of one that was shuffled, keep the numbers that they had.
    """
    import pandas

    name = table.frame.columns[0]
    if name != "column 1" or table.frame.shape[1] == 1:
        return table
    values = pandas.to_numeric(table.frame[name], errors="coerce").to_numpy(np.float64)
    whole = (values == np.floor(values)).all()  # none of them is NaN either
    if not whole or len(np.unique(values)) < len(values):
        return table
    warnings.warn(
        f"{table.file}: the first column has no name and numbers the rows; it is left out; "
        "if it is more than their number, give it a name",
        stacklevel=2,
    )
    return table.without([name])
