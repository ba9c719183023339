"""Whether a training validates at all is known before it begins, and as Lightning does it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.callbacks import EarlyStopping
from torch.utils.data import DataLoader

from dlcli.config.compose import compose
from dlcli.errors import ConfigError
from dlcli.training.corners import checked
from dlcli.training.experiment import build_trainer
from dlcli.training.validation import check_validation, unvalidated


class Line(LightningModule):
    """One weight; counts its validations."""

    def __init__(self) -> None:
        super().__init__()
        self.net = torch.nn.Linear(1, 1)
        self.validated = 0

    def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
        return self.net(batch).sum()

    def validation_step(self, batch: torch.Tensor, index: int) -> None:
        self.validated += 1

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Manual(Line):
    automatic_optimization = False


class Ten(LightningDataModule):
    """Ten batches to train on, one to validate."""

    def train_dataloader(self) -> DataLoader[Any]:
        return DataLoader(torch.ones(10, 1))

    def val_dataloader(self) -> DataLoader[Any]:
        return DataLoader(torch.ones(1, 1))


def trainer(**settings: Any) -> Trainer:
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    return Trainer(
        accelerator="cpu", num_sanity_val_steps=0, enable_model_summary=False, **quiet, **settings
    )


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"max_epochs": 1}, None),
        ({"max_epochs": 1, "limit_val_batches": 0}, "trainer.limit_val_batches=0"),
        ({"max_epochs": 2, "check_val_every_n_epoch": 3}, "after epoch 3"),
        ({"max_epochs": 3, "check_val_every_n_epoch": 3}, None),
        ({"max_steps": 9}, "trainer.max_steps=9 ends before the first validation, after step 10"),
        ({"max_steps": 10}, None),
        ({"max_steps": 19, "check_val_every_n_epoch": 2}, "after step 20"),
        ({"max_steps": 4, "val_check_interval": 0.5}, "after step 5"),
        ({"max_steps": 5, "val_check_interval": 0.5}, None),
        ({"max_steps": 2, "val_check_interval": 3}, "after step 3"),
        ({"max_steps": 3, "val_check_interval": 3}, None),
        ({"max_steps": 4, "accumulate_grad_batches": 2}, "after step 5"),
        ({"max_steps": 5, "accumulate_grad_batches": 2}, None),
        (
            {"max_steps": 13, "val_check_interval": 14, "check_val_every_n_epoch": None},
            "after step 14",
        ),
        ({"max_steps": 14, "val_check_interval": 14, "check_val_every_n_epoch": None}, None),
        ({"max_steps": 3, "limit_train_batches": 4}, "after step 4"),
    ],
)
def test_what_is_foretold_is_what_lightning_does(
    settings: dict[str, Any], reason: str | None
) -> None:
    told = unvalidated(Line(), Ten(), trainer(**settings))
    assert (told is None) == (reason is None)
    assert reason is None or reason in str(told)
    model = Line()
    trainer(**settings).fit(model, Ten())
    assert (model.validated > 0) == (told is None)


def test_nothing_is_foretold_of_an_interval_in_time() -> None:
    node = {"_target_": "pytorch_lightning.Trainer", "accelerator": "cpu", "max_steps": 9}
    stopping = EarlyStopping("val/loss", strict=False)  # Lightning's; it reads the interval, too
    by_time = build_trainer(
        {**node, "val_check_interval": "00:00:00:01", "enable_checkpointing": False},
        (),
        callbacks=[stopping],
        logger=False,
    )
    assert unvalidated(Line(), Ten(), by_time) is None
    check_validation(Line(), Ten(), by_time, {"callbacks": {}, "scheduler": {}})
    by_time.fit(Line(), Ten())
    assert by_time.global_step == 9


def test_nothing_is_foretold_of_a_model_that_counts_its_steps_itself() -> None:
    assert unvalidated(Manual(), Ten(), trainer(max_steps=9)) is None


def test_a_training_without_validation_is_warned_of_or_refused_where_one_is_waited_for() -> None:
    values = {"callbacks": {"best": {"monitor": "val/loss"}, "bar": None}, "scheduler": {}}
    with pytest.warns(UserWarning, match="no checkpoint is the best"):
        check_validation(Line(), Ten(), trainer(max_steps=9), values)
    with pytest.raises(ConfigError, match="monitor: 'val/loss' is never logged"):
        check_validation(Line(), Ten(), trainer(max_epochs=1, limit_val_batches=0), values)


def test_an_interval_longer_than_an_epoch_is_refused_where_lightning_refuses_it() -> None:
    values: dict[str, Any] = {"callbacks": {}, "scheduler": {}}
    over = {"check_val_every_n_epoch": None}
    for more, wrong in (({}, True), (over, False), ({"limit_train_batches": 0.5}, True)):
        settings = {"max_epochs": 2, "val_check_interval": 11, **more}
        if wrong:
            with pytest.raises(ConfigError, match=r"val_check_interval=11: an epoch has \d+ batch"):
                check_validation(Line(), Ten(), trainer(**settings), values)
            with pytest.raises(ValueError, match="val_check_interval"):
                trainer(**settings).fit(Line(), Ten())
        else:
            check_validation(Line(), Ten(), trainer(**settings), values)
            trainer(**settings).fit(Line(), Ten())


@pytest.mark.filterwarnings("ignore:trainer.max_steps")
def test_a_point_whose_objective_is_never_logged_is_refused() -> None:
    limits = ["model=linear", "data=digits", "trainer.max_steps=15"]
    configs = [compose("train", [*limits, f"data.batch_size={size}"]) for size in (16, 128)]
    found = checked(configs, {"metric": ["val/loss"], "mode": ["auto"]})
    assert [len(problems) for problems in found["problems"]] == [1, 0]
    with pytest.raises(ConfigError, match="val/loss is never logged"):
        checked(configs[:1], {"metric": ["val/loss"], "mode": ["auto"]})
