"""Files of labelled texts: a table with a column of each, or a file a class with a text a line."""

from __future__ import annotations

import csv
import difflib
import hashlib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import torch
from torch import Tensor

from dlcli.data.text_file import fields_of, read_text
from dlcli.errors import DataError

Column = int | str
Header = bool | Literal["auto"]
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Texts:
    """Texts as they were read.

    Args:
        texts: each as it is in its file.
        labels: the class of each.
        places: where each was read, ``FILE:LINE``.
    """

    texts: Sequence[str]
    labels: Sequence[str]
    places: Sequence[str]

    @cached_property
    def targets(self) -> Tensor:
        """A number for each text, equal for texts of a class, ``(N,)``."""
        numbers = {label: number for number, label in enumerate(sorted(set(self.labels)))}
        return torch.tensor([numbers[label] for label in self.labels])

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: Tensor) -> Self:
        """The texts at ``indices``."""
        kept = indices.tolist()
        columns = (self.texts, self.labels, self.places)
        return type(self)(*([column[index] for index in kept] for column in columns))

    def update(self, digest: hashlib._Hash) -> None:
        """Add texts and labels to a hash."""
        for column in (self.texts, self.labels):
            digest.update("\0".join(column).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Table:
    """Where in a table the texts and their labels are.

    Args:
        text: the column of the texts, by name or by number from 0.
        label: the column of the labels.
        header: whether the first line names the columns; ``auto`` says so where a column is
            given by name, or where no label but the first line's own is like it.
    """

    text: Column
    label: Column
    header: Header

    def read(self, paths: Mapping[str, Path], encoding: str) -> tuple[dict[str, Texts], bool]:
        """The texts of each set, and whether there is a header.

        Args:
            paths: of the tables, separated by tabs, commas or semicolons; the first says for all
                whether there is a header.
            encoding: of the tables.

        Raises:
            DataError: naming the line that cannot be read, or the column that is not there.
        """
        tables = {
            name: list(records(path, read_text(path, encoding, f"data.{name}")))
            for name, path in paths.items()
        }
        for name, rows in tables.items():
            check_width(paths[name], rows)
        first = next(iter(paths))
        header = self._has_header(paths[first], tables[first])
        sets = {name: self._texts(paths[name], rows, header) for name, rows in tables.items()}
        return sets, header

    def _texts(self, path: Path, rows: Sequence[Row], header: bool) -> Texts:
        width, names = len(rows[0][1]), rows[0][1] if header else None
        text = index_of("data.text", self.text, path, names, width)
        label = index_of("data.label", self.label, path, names, width)
        rows = rows[1:] if header else rows
        if not rows:
            raise DataError(f"{path}: holds nothing but its header; there is nothing to learn from")
        return checked(
            [(row[text].strip(), row[label].strip(), f"{path}:{line}") for line, row in rows]
        )

    def _has_header(self, path: Path, rows: Sequence[Row]) -> bool:
        if self.header != "auto":
            return self.header
        if isinstance(self.text, str) or isinstance(self.label, str):
            return True
        column = index_of("data.label", self.label, path, None, len(rows[0][1]))
        first, *others = (fields[column] for _, fields in rows)
        counts = Counter(others)
        unlike = first not in counts and bool(counts) and min(counts.values()) > 1
        if unlike:
            warnings.warn(
                f"{path}:1: taken for a header, because '{first}' is no other line's label; "
                "data.header=false reads it as an example",
                stacklevel=2,
            )
        return unlike


def read_classes(files: Mapping[str, str | Path], encoding: str) -> Texts:
    """The texts of a file a class, a text a line.

    Raises:
        DataError: naming the file or line that cannot be read.
    """
    found: list[tuple[str, str, str]] = []
    for label, name in files.items():
        path = Path(name)
        lines = read_text(path, encoding, f"data.files.{label}").rstrip("\n").split("\n")
        found += [
            (text.strip(), str(label), f"{path}:{number}") for number, text in enumerate(lines, 1)
        ]
    return checked(found)


def records(path: Path, text: str) -> Iterator[Row]:
    """The fields of each record, with the line that it begins at.

    Quotes belong to the format where commas or semicolons separate, and to the text where tabs do.

    Raises:
        DataError: if a quote is not closed, or stands where none may be.
    """
    separator = separator_of(path, text)
    if separator == "\t":
        reader = fields_of(text, delimiter=separator, quoting=csv.QUOTE_NONE)
    else:
        reader = fields_of(text, delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise DataError(f"{path}:{line}: {error}; mend the quotes of this record") from error
        if fields is None:
            return
        if fields:
            yield line, fields


def separator_of(path: Path, text: str) -> str:
    """A tab where the first line has one or the file's name says so; else comma or semicolon."""
    first = text.partition("\n")[0]
    suffix = path.suffix.lower()
    if suffix in (".tsv", ".tab") or (suffix != ".csv" and "\t" in first):
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","


def check_width(path: Path, rows: Sequence[Row]) -> None:
    """Refuse (DataError) a record with more or fewer fields than the first."""
    first, fields = rows[0]
    for line, others in rows:
        if len(others) != len(fields):
            raise DataError(
                f"{path}:{line}: {len(others)} columns, but line {first} has {len(fields)}; "
                "a separator too many or too few"
            )


def index_of(
    argument: str, column: Column, path: Path, names: Sequence[str] | None, width: int
) -> int:
    """Where a column is.

    Args:
        argument: that names it, for messages.
        column: its name, or its number from 0.
        path: of the file, for messages.
        names: of all columns; None without a header.
        width: how many columns there are.

    Raises:
        DataError: it is not there; the nearest name is told.
    """
    if isinstance(column, int):
        if 0 <= column < width:
            return column
        raise DataError(
            f"{argument}: no column {column} in {path}, which has {width} (0 to {width - 1})"
        )
    if names is None:
        raise DataError(
            f"{argument}: '{column}' is a name, but data.header=false says that {path} has none; "
            f"give a number, 0 to {width - 1}"
        )
    stripped = [name.strip() for name in names]
    if column in stripped:
        return stripped.index(column)
    near = difflib.get_close_matches(column, stripped, n=1)
    hint = f"did you mean {near[0]}?; " if near else ""
    raise DataError(
        f"{argument}: no column '{column}' in {path}; {hint}its columns: {', '.join(stripped)}"
    )


def checked(found: Sequence[tuple[str, str, str]]) -> Texts:
    """Texts, labels and places, none of them empty.

    Raises:
        DataError: naming the first that is.
    """
    for text, label, place in found:
        if not text or not label:
            what = "no label" if text else "an empty text"
            raise DataError(f"{place}: {what}; fill it in or remove the line")
    texts, labels, places = zip(*found, strict=True)
    return Texts(texts, labels, places)
