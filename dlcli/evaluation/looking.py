"""Calling a model directly: on its device, in evaluation mode, on the examples of a split."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from torch import Tensor

from dlcli.evaluation.case import Case
from dlcli.training.measure import split_loader
from dlcli.training.pictures import undisturbed


@contextmanager
def looking(case: Case) -> Iterator[None]:
    """Have the model on the trainer's device and in its precision, without dropout and gradients.

    Lightning takes a model from its device after a test.
    """
    before = case.model.device
    case.model.to(case.trainer.strategy.root_device)
    try:
        with undisturbed(case.model), case.trainer.precision_plugin.forward_context():
            yield
    finally:
        case.model.to(before)


def batches(case: Case) -> Iterator[Any]:
    """The batches that the metrics were measured on, on the model's device."""
    loader = split_loader(case.data, case.split)
    for batch in islice(loader, most_batches(case, loader)):
        here = [part.to(case.model.device) if isinstance(part, Tensor) else part for part in batch]
        yield case.trainer.precision_plugin.convert_input(here)


def most_batches(case: Case, loader: Any) -> int | None:
    """How many batches the trainer is to look at; None for all."""
    trainer = case.trainer
    limit = trainer.limit_val_batches if case.split == "val" else trainer.limit_test_batches
    if isinstance(limit, int):
        return limit
    return None if limit == 1.0 else int(limit * len(loader))
