"""A table from the user's file: CSV, TSV and the like, with one column to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from dlcli.data import answers
from dlcli.data.columns import features, fit_columns, restored, state
from dlcli.data.examples import Examples, Source
from dlcli.data.given import given
from dlcli.data.memory import Memory
from dlcli.data.normalize import Preprocessing
from dlcli.data.spec import DataSpec
from dlcli.data.table import Table, listed
from dlcli.data.table_file import Layout, read_table
from dlcli.data.text_file import check_encoding
from dlcli.errors import ConfigError

PLACES = {"train": "data.path", "test": "data.test"}
TASKS: dict[str, answers.Asked] = {"classification": "class", "regression": "value"}
FIT = {"class": answers.fit_classes, "value": answers.fit_values}
ENCODE = {"class": answers.classes, "value": answers.values}


class CSV(Memory):
    """Rows of a table as vectors ``(F,)``, and a class or a value each.

    A missing number becomes the median, a column of texts one feature for each text, one that
    is the same everywhere is left out; all as the training split has it. Rows without a target
    are left out with a warning.

    Args:
        path: the file; fields may be quoted, and parted by commas, semicolons, tabs or bars;
            plain or compressed by gzip.
        target: the column to predict, by name, or by index from 0 (-1 is the last).
        test: another such file, to test on; None to test on a share of ``path``.
        header: whether the first row names the columns.
        task: what to predict; ``auto`` takes texts, and up to 20 different whole numbers with
            five rows each on average, for classes, all else for values.
        drop: columns to leave out, by name or index.
        missing: texts that stand for a missing value, beside the usual ones.
        max_categories: how many different texts a column may have.
        separator: between two fields; None to find out.
        decimal: the mark before a fraction; with a comma, a point parts the thousands.
        encoding: of the file, by Python's name; ``auto`` to find out.
        batch_size: and all that follow: as in ``Memory``.

    Raises:
        ConfigError: if an argument is out of range.
    """

    def __init__(
        self,
        path: str | Path,
        target: str | int | None = None,
        test: str | Path | None = None,
        header: bool = True,
        task: Literal["auto", "regression", "classification"] = "auto",
        drop: Sequence[str | int] = (),
        missing: Sequence[str | int | float] = (),
        max_categories: int = 100,
        separator: str | None = None,
        decimal: Literal[".", ","] = ".",
        encoding: str = "auto",
        batch_size: int = 64,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        seed: int = 0,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
        normalize: Preprocessing = "zscore",
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            seed=seed,
            device=device,
            drop_last=drop_last,
            normalize=normalize,
        )
        check_encoding(encoding)
        if separator is not None and len(separator) != 1:
            raise ConfigError(f"data.separator: {separator!r} is not one character; null finds out")
        self.path = Path(path)
        self.target = target
        self.test = None if test is None else Path(test)
        self.task = task
        self.drop = list(drop)
        self.max_categories = max_categories
        self.decimal = decimal
        self.layout = Layout(header, separator, encoding, tuple(map(str, missing)))

    def read(self) -> Source:
        """The rows of one file or both."""
        files = given(PLACES, {"train": self.path, "test": self.test}, bool(self.fitted))
        sets = {name: self._table(PLACES[name], path) for name, path in files.paths.items()}
        first = next(iter(sets.values()))
        asked = self._asked(first)
        if asked == "class":
            sets = {name: answers.named(table) for name, table in sets.items()}
        spec = DataSpec("vector", (len(first.inputs),), asked)
        return Source(first.file, spec, sets, files.gone)

    def fit(self, source: Source, train: Table) -> dict[str, Any]:
        """What each column is, and the classes, or the values' mean and spread."""
        asked = source.spec.target
        columns = fit_columns(train, self.decimal, self.max_categories)
        return {
            "asked": asked,
            "columns": state(columns),
            **FIT[asked](train, self.decimal),
        }

    def encode(self, part: Table, encoding: Mapping[str, Any]) -> Examples:
        """Rows as vectors, and their classes or values."""
        inputs = features(part, restored(encoding["columns"]))
        return Examples(inputs, ENCODE[encoding["asked"]](part, encoding, self.decimal))

    def describe(self, spec: DataSpec, encoding: Mapping[str, Any]) -> DataSpec:
        """With the number of features, and the classes or the values' mean and spread."""
        width = sum(column.width for column in restored(encoding["columns"]))
        spec = replace(spec, shape=(width,), target=encoding["asked"])
        if encoding["asked"] == "class":
            return replace(spec, classes=tuple(encoding["classes"]))
        return replace(spec, centre=(encoding["centre"],), scale=(encoding["scale"],))

    def _table(self, place: str, path: Path) -> Table:
        """A file's rows that have a target, without the columns to leave out."""
        table = read_table(place, path, self.layout)
        if self.target is None:
            raise ConfigError(
                f"data.target: name the column to predict; {path} has "
                f"{listed(list(table.frame.columns))}"
            )
        target = table.find("data.target", self.target)
        dropped = [table.find("data.drop", name) for name in self.drop]
        if target in dropped:
            raise ConfigError(f"data.drop: {target!r} is data.target, the column to predict")
        return answers.answered(replace(table.without(dropped), target=target))

    def _asked(self, table: Table) -> answers.Asked:
        """What to predict: as in the training that this goes by, or as stated, or as it looks."""
        if self.fitted:
            fitted: answers.Asked = self.fitted["encoding"]["asked"]
            return fitted
        return TASKS.get(self.task) or answers.asked(table, self.decimal)
