"""Texts to classify: tables with a column of texts and one of labels, or a file a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from dlcli.data.examples import Examples, Source
from dlcli.data.given import given
from dlcli.data.labelled_file import Column, Header, Table, Texts, read_classes
from dlcli.data.loader import Augmentation
from dlcli.data.memory import Memory
from dlcli.data.spec import DataSpec
from dlcli.data.text import check_positive
from dlcli.data.text_file import check_encoding
from dlcli.data.tokenizer import PADDING, UNKNOWN, Level, counted, cut, fit_tokenizer, restored
from dlcli.errors import ConfigError, DataError

PLACES = {"train": "data.train", "val": "data.val", "test": "data.test"}
# In this order: their indices are 0 and 1.
SPECIAL = (PADDING, UNKNOWN)


class LabelledText(Memory):
    """Texts of any length, each of one class, filled up with ``<pad>`` to the longest.

    Args:
        train: a table to train on, separated by tabs, commas or semicolons.
        val: one to validate on; None to take a share of ``train``.
        test: one to test on; None to take a share of ``train``.
        text: the column of the texts, by name or by number from 0.
        label: the column of the labels.
        header: whether the first line names the columns; ``auto`` finds it out.
        files: in the place of tables, a file for each class, with a text a line.
        encoding: Python's name of the files' encoding; ``auto`` is UTF-8, or what a file's first
            bytes say, or else what it looks most like, with a warning.
        level: what a token is: a word, or a character.
        max_length: the most tokens of a text; what comes behind them is left out.
        min_count: tokens that are rarer in the training split are ``<unk>``.
        max_vocabulary: the most tokens to know, ``<pad>`` and ``<unk>`` included; None for all.
        lower: read capitals as small letters.
        batch_size: and all that follow: as in ``Memory``.

    Raises:
        ConfigError: if an argument is out of range, or both or neither of ``train`` and ``files``
            are given.
    """

    def __init__(
        self,
        train: str | Path | None = None,
        val: str | Path | None = None,
        test: str | Path | None = None,
        text: Column = 0,
        label: Column = 1,
        header: Header = "auto",
        files: Mapping[str, str | Path] | None = None,
        encoding: str = "auto",
        level: Level = "word",
        max_length: int = 256,
        min_count: int = 1,
        max_vocabulary: int | None = None,
        lower: bool = True,
        batch_size: int = 64,
        val_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
        augment: Augmentation | None = None,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            seed=seed,
            augment=augment,
            device=device,
            drop_last=drop_last,
            normalize="none",
        )
        check_positive(max_length=max_length, min_count=min_count)
        if max_vocabulary is not None and max_vocabulary <= len(SPECIAL):
            raise ConfigError(
                f"data.max_vocabulary: {max_vocabulary}; two tokens are <pad> and <unk>, "
                "so it is 3 at least"
            )
        check_encoding(encoding)
        given = {"train": train, "val": val, "test": test}
        self.tables = {name: Path(path) for name, path in given.items() if path is not None}
        self.files = dict(files or {})
        check_sources(self.tables, self.files)
        self.columns = Table(text, label, header)
        self.encoding = encoding
        self.level: Level = level
        self.max_length = max_length
        self.min_count = min_count
        self.max_vocabulary = max_vocabulary
        self.lower = lower
        self._header: bool | None = None

    def read(self) -> Source:
        """The texts of each set that is given."""
        spec = DataSpec("tokens", (self.max_length,), "class")
        if self.files:
            names = ", ".join(str(path) for path in self.files.values())
            return Source(names, spec, {"train": read_classes(self.files, self.encoding)})
        files = given(PLACES, self.tables, bool(self.fitted))
        sets, self._header = self._columns().read(files.paths, self.encoding)
        return Source(str(next(iter(files.paths.values()))), spec, sets, files.gone)

    def fit(self, source: Source, train: Texts) -> dict[str, Any]:
        """The vocabulary, the classes and the longest text of the training split."""
        cuts = [cut(text, self.level, self.lower) for text in train.texts]
        tokenizer = fit_tokenizer(
            counted(cuts), self.level, self.lower, SPECIAL, self.min_count, self.max_vocabulary
        )
        classes = ordered(set(train.labels))
        if len(classes) < 2:
            raise DataError(
                f"{source.name}: every text has the label '{classes[0]}'; "
                "there is nothing to tell apart"
            )
        length = min(self.max_length, max(map(len, cuts)))
        found = {"classes": classes, "length": length, "header": self._header}
        return {**tokenizer.state(), **found}

    def encode(self, part: Texts, encoding: Mapping[str, Any]) -> Examples:
        """Texts as ``(N, T)`` indices, and their classes."""
        tokenizer, length = restored(encoding), encoding["length"]
        known = {label: index for index, label in enumerate(encoding["classes"])}
        check_known(part, known)
        inputs = np.zeros((len(part), length), dtype=np.int64)
        for row, text in zip(inputs, part.texts, strict=True):
            numbers = tokenizer.number(tokenizer.cut(text)[:length])
            row[: len(numbers)] = numbers
        targets = torch.tensor([known[label] for label in part.labels])
        return Examples(torch.from_numpy(inputs), targets)

    def describe(self, spec: DataSpec, encoding: Mapping[str, Any]) -> DataSpec:
        """The spec with the vocabulary, the classes and the length."""
        return replace(
            spec,
            shape=(encoding["length"],),
            classes=tuple(encoding["classes"]),
            vocabulary=tuple(encoding["vocabulary"]),
            padding=encoding["vocabulary"].index(PADDING),
        )

    def _columns(self) -> Table:
        """Where texts and labels are, with a header as the tables trained on have it."""
        header = self.fitted.get("encoding", {}).get("header")
        if header is None or self.columns.header != "auto":
            return self.columns
        return replace(self.columns, header=header)


def check_sources(tables: Mapping[str, Path], files: Mapping[str, Any]) -> None:
    """Refuse (ConfigError) no source of training texts, or two."""
    if files and tables:
        raise ConfigError(f"data.files and data.{next(iter(tables))}: give one or the other")
    if not files and "train" not in tables:
        raise ConfigError(
            "data.train: missing; give a table, data.train=FILE data.text=COLUMN "
            "data.label=COLUMN, or a file a class, data.files={CLASS: FILE, ...}"
        )
    if len(files) == 1:
        raise ConfigError(f"data.files: one class, {next(iter(files))}; give a file of another")


def ordered(labels: set[str]) -> list[str]:
    """Labels by their number where all are numbers, else by their letters."""
    try:
        return sorted(labels, key=float)
    except ValueError:
        return sorted(labels)


def check_known(part: Texts, classes: Mapping[str, int]) -> None:
    """Refuse (DataError) a label that no text of the training split has."""
    for label, place in zip(part.labels, part.places, strict=True):
        if label not in classes:
            raise DataError(
                f"{place}: label '{label}', which no training example has; "
                f"the labels are {named(list(classes))}"
            )


def named(labels: Sequence[str], most: int = 10) -> str:
    """The first labels of many."""
    ending = ", …" if len(labels) > most else ""
    return ", ".join(labels[:most]) + ending
