"""The column of a table that is to be predicted: classes, or values with their mean and spread."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from dlcli.data.columns import FEW, is_coarse, numbers, parsed
from dlcli.data.labels import class_name, in_order
from dlcli.data.table import Table, listed
from dlcli.errors import DataError

Asked = Literal["class", "value"]
# Whole numbers are classes where there are no more different ones than this, ...
MOST_CLASSES = 20
# ... and as many rows of each, on average.
LEAST_ROWS = 5


def asked(table: Table, decimal: str) -> Asked:
    """What a target's column looks like.

    Classes, if it has texts, or at most ``MOST_CLASSES`` different whole numbers with
    ``LEAST_ROWS`` rows each on average; else values.

    Raises:
        DataError: if it has a text among numbers, or texts that are hardly ever the same.
    """
    column = table.frame[table.target]
    values = parsed(column, decimal)
    words = int(np.isnan(values).sum())
    distinct = column.nunique()
    if 0 < words <= FEW * len(values) and distinct > MOST_CLASSES:
        numbers(table, table.target, decimal)
    if words and distinct > max(MOST_CLASSES, len(values) / 2):
        raise DataError(
            f"{table.file}: column {table.target!r} has {distinct} different texts in "
            f"{len(values)} rows, so they are no classes; name another data.target"
        )
    if words:
        return "class"
    whole = bool((values == np.round(values)).all())
    few = distinct <= min(MOST_CLASSES, len(values) / LEAST_ROWS)
    return "class" if whole and few else "value"


def answered(table: Table) -> Table:
    """The rows that have a target.

    Raises:
        DataError: if none has.
    """
    given = table.frame[table.target].notna().to_numpy()
    if given.all():
        return table
    if not given.any():
        raise DataError(f"{table.file}: column {table.target!r}, the target, is empty")
    first = table.lines[~given][0]
    warnings.warn(
        f"{table.file}: {int((~given).sum())} of {len(table)} rows have no {table.target!r}, "
        f"the target, and are left out; the first is line {first}",
        stacklevel=2,
    )
    return table.take(torch.from_numpy(np.flatnonzero(given)))


def named(table: Table) -> Table:
    """A table whose targets are names of classes."""
    column = table.frame[table.target].map(class_name)
    return replace(table, frame=table.frame.assign(**{table.target: column}))


def fit_classes(table: Table, decimal: str) -> dict[str, Any]:
    """The names of the classes.

    Raises:
        DataError: if there is one only.
    """
    classes = in_order(table.frame[table.target])
    if len(classes) < 2:
        raise DataError(
            f"{table.file}: column {table.target!r}, the target, is {classes[0]!r} in every row; "
            "there is nothing to tell apart"
        )
    return {"classes": classes}


def fit_values(table: Table, decimal: str) -> dict[str, Any]:
    """Mean and standard deviation.

    Raises:
        DataError: if all are the same.
    """
    values = numbers(table, table.target, decimal)
    centre, scale = float(values.mean()), float(values.std())
    if not scale:
        raise DataError(
            f"{table.file}: column {table.target!r}, the target, is {centre:g} in every row; "
            "there is nothing to predict"
        )
    if is_coarse(values):
        warnings.warn(
            f"{table.file}: column {table.target!r}, the target, has numbers so large and so near "
            "each other that 32 bits hold few steps between them; subtract a constant from it",
            stacklevel=2,
        )
    return {"centre": centre, "scale": scale}


def classes(table: Table, encoding: Mapping[str, Any], decimal: str) -> Tensor:
    """The index of each row's class, ``(N,)``.

    Raises:
        DataError: with the line, for a class that the training split did not have.
    """
    index = {name: place for place, name in enumerate(encoding["classes"])}
    column = table.frame[table.target].map(index).to_numpy(np.float64, na_value=np.nan)
    unseen = np.flatnonzero(np.isnan(column))
    if len(unseen):
        row = int(unseen[0])
        name = table.frame[table.target].iloc[row]
        raise table.error(
            row,
            f"class {name!r} in column {table.target!r} is not in the training split, which has "
            f"{listed(list(index))}",
        )
    return torch.from_numpy(column.astype(np.int64))


def values(table: Table, encoding: Mapping[str, Any], decimal: str) -> Tensor:
    """The values in their own unit, ``(N, 1)``."""
    return torch.from_numpy(numbers(table, table.target, decimal).astype(np.float32))[:, None]
