"""What makes a data set unfit to train on, found before the first step."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Protocol, get_args

import torch

from dlcli.data.examples import Examples
from dlcli.data.normalize import Preprocessing
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, DataError

RULES = get_args(Preprocessing)


class Batching(Protocol):
    """How a DataModule makes batches."""

    batch_size: int
    drop_last: bool


def check_arguments(
    batch_size: int, val_fraction: float, test_fraction: float, device: str, normalize: str
) -> None:
    """Raise ConfigError with every argument that is out of range."""
    problems = []
    if batch_size < 1:
        problems.append(f"data.batch_size: {batch_size} is not positive")
    for name, value in {"val_fraction": val_fraction, "test_fraction": test_fraction}.items():
        if not 0 < value < 1:
            problems.append(f"data.{name}: {value} is not between 0 and 1")
    if not problems and val_fraction + test_fraction >= 1:
        total = val_fraction + test_fraction
        problems.append(
            f"data.val_fraction and data.test_fraction: together {total:g}; "
            "they must leave something to train on"
        )
    choices = {"device": (device, ("auto", "cpu")), "normalize": (normalize, RULES)}
    for name, (chosen, known) in choices.items():
        if chosen not in known:
            problems.append(f"data.{name}: {chosen!r} is not one of {', '.join(known)}")
    if problems:
        raise ConfigError(problems)


def check_examples(source: str, spec: DataSpec, sets: Mapping[str, Examples]) -> None:
    """Raise DataError for examples that are not what the spec says, or are not numbers."""
    for name, examples in sets.items():
        where = f"{source}, {name} set"
        check_counts(where, examples)
        check_shape(where, examples, spec.shape)
        check_finite(where, examples)
        if spec.target == "class":
            check_labels(where, examples, spec.classes, complete=name == "train")


def check_counts(where: str, examples: Examples) -> None:
    """As many targets as inputs, and some."""
    inputs, targets = len(examples.inputs), len(examples.targets)
    if inputs != targets:
        raise DataError(f"{where}: {inputs} inputs but {targets} targets; they belong together")
    if not inputs:
        raise DataError(f"{where}: empty; there is nothing to learn from")


def check_shape(where: str, examples: Examples, shape: tuple[int, ...]) -> None:
    """Inputs of the shape that the spec promises, in a type that a net can read."""
    got = tuple(examples.inputs.shape[1:])
    if got != shape:
        raise DataError(f"{where}: inputs of shape {got}, expected {shape}")
    dtype = examples.inputs.dtype
    if dtype not in (torch.uint8, torch.float32, torch.int64):
        name = str(dtype).removeprefix("torch.")
        raise DataError(f"{where}: inputs of type {name}, expected uint8, float32 or int64")


def check_finite(where: str, examples: Examples) -> None:
    """No NaN and no infinity among the inputs or the values to predict."""
    for what, tensor in {"inputs": examples.inputs, "targets": examples.targets}.items():
        if not tensor.is_floating_point():
            continue
        bad = int((~torch.isfinite(tensor)).sum())
        if bad:
            raise DataError(
                f"{where}: {bad} of {tensor.numel()} numbers in the {what} are NaN or infinite; "
                "remove or replace them"
            )


def check_labels(where: str, examples: Examples, classes: tuple[str, ...], complete: bool) -> None:
    """Labels that name a class; warn of a class that no label names where all should be."""
    labels = examples.targets
    outside = (labels < 0) | (labels >= len(classes))
    if bool(outside.any()):
        label = int(labels[outside][0])
        raise DataError(
            f"{where}: label {label} with {len(classes)} classes "
            f"(0 to {len(classes) - 1}), in {int(outside.sum())} examples"
        )
    if not complete:
        return
    counts = torch.bincount(labels, minlength=len(classes)).tolist()
    empty = [name for name, count in zip(classes, counts, strict=True) if not count]
    if empty:
        warnings.warn(f"{where}: no example of class {', '.join(empty)}", stacklevel=2)


def check_sizes(sizes: Mapping[str, int], batching: Batching) -> None:
    """Raise DataError for an empty split, or a training split that makes no batch."""
    for name, size in sizes.items():
        if not size:
            raise DataError(
                f"the {name} split is empty: the data set is too small for its fractions "
                f"({', '.join(f'{key} {value}' for key, value in sizes.items())} examples)"
            )
    if batching.drop_last and "train" in sizes and sizes["train"] < batching.batch_size:
        raise DataError(
            f"the train split has {sizes['train']} examples, fewer than one batch of "
            f"{batching.batch_size}, and data.drop_last leaves that out; "
            "lower data.batch_size or set data.drop_last=false"
        )
