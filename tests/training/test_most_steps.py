"""How long a training is at most is known before it begins, or not claimed to be."""

from __future__ import annotations

from typing import Any

import pytest
from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.callbacks import BatchSizeFinder

from dlcli.data.digits import Digits
from dlcli.training.most_steps import most_steps


class Manual(LightningModule):
    automatic_optimization = False


class Sized(LightningDataModule):
    def __init__(self, loader: Any) -> None:
        super().__init__()
        self.train_dataloader = lambda: loader  # type: ignore[method-assign]


class Loader:
    """Ten batches that nobody is to ask for."""

    def __len__(self) -> int:
        return 10


def most(loader: Any, model: type[LightningModule] = LightningModule, **trainer: Any) -> float:
    quiet = {"logger": False, "enable_checkpointing": False, "accelerator": "cpu"}
    return most_steps(model(), Sized(loader), Trainer(**quiet, **trainer))


@pytest.mark.parametrize(
    ("trainer", "steps"),
    [
        ({"max_epochs": 3}, 30),
        ({"max_epochs": 3, "accumulate_grad_batches": 4}, 9),
        ({"max_epochs": 3, "limit_train_batches": 4}, 12),
        ({"max_epochs": 3, "limit_train_batches": 0.25}, 6),
        ({"max_epochs": 3, "max_steps": 5}, 5),
        ({"max_steps": 5}, 5),
        ({"max_epochs": -1}, float("inf")),
    ],
)
def test_steps_are_counted_as_lightning_counts_them(trainer: dict[str, Any], steps: float) -> None:
    assert most(Loader(), **trainer) == steps


def test_what_cannot_be_known_before_is_not_limited() -> None:
    nobody_knows = float("inf")
    assert most(iter(()), max_epochs=3) == nobody_knows
    assert most([Loader(), Loader()], max_epochs=3) == nobody_knows
    assert most(Loader(), Manual, max_epochs=3) == nobody_knows
    assert most(Loader(), max_epochs=3, callbacks=[BatchSizeFinder()]) == nobody_knows
    assert most(iter(()), max_epochs=3, max_steps=7) == 7


def test_what_is_asked_is_what_the_training_finds() -> None:
    data = Digits(batch_size=64)
    data.setup("fit")
    found = most_steps(LightningModule(), data, Trainer(max_epochs=2, accelerator="cpu"))
    assert found == 2 * len(data.train_dataloader())
