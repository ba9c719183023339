"""Averaged weights are those that are validated, saved as the best, and gone on with."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EMAWeightAveraging, ModelCheckpoint

from dlcli.data.digits import Digits
from dlcli.errors import ConfigError
from dlcli.models.supervised import Supervised
from dlcli.nets.mlp import Linear
from dlcli.training.averaging import EqualAveraging

SGD = partial(torch.optim.SGD, lr=0.1)
NAME = "net.head.weight"


class Watch(pl.Callback):
    """Keeps the weights after each step."""

    def __init__(self) -> None:
        self.steps: list[torch.Tensor] = []

    def on_train_batch_end(self, trainer, pl_module, *rest):
        self.steps.append(pl_module.net.head.weight.detach().clone())


def train(folder: Path, average: pl.Callback, epochs: int, resume: Path | None = None):
    """Train a linear model, 6 batches an epoch, and keep a checkpoint an epoch."""
    pl.seed_everything(0, verbose=False)
    data = Digits(batch_size=64, test_fraction=0.7)
    data.setup()
    module, watch = Supervised(Linear, data.spec, SGD), Watch()
    saved = ModelCheckpoint(folder, save_top_k=-1, filename="{epoch}", monitor="val/loss")
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=[watch, average, saved],
    )
    trainer.fit(module, data, ckpt_path=resume, weights_only=True)
    return module, watch, trainer


def weights(folder: Path, epoch: int) -> torch.Tensor:
    return torch.load(folder / f"epoch={epoch}.ckpt", weights_only=True)["state_dict"][NAME]


def mean(steps: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack(steps).mean(0)


def test_the_mean_of_all_steps_is_saved(tmp_path: Path) -> None:
    module, watch, _ = train(tmp_path, EqualAveraging("step"), 2)
    assert torch.allclose(weights(tmp_path, 0), mean(watch.steps[:6]), atol=1e-6)
    assert torch.allclose(weights(tmp_path, 1), mean(watch.steps), atol=1e-6)
    assert torch.allclose(module.net.head.weight, mean(watch.steps), atol=1e-6)


def test_the_mean_of_the_epochs_ends_is_saved(tmp_path: Path) -> None:
    _, watch, _ = train(tmp_path, EqualAveraging("epoch", start_epoch=1), 3)
    ends = watch.steps[5::6]
    assert torch.allclose(weights(tmp_path, 0), ends[0])
    assert torch.allclose(weights(tmp_path, 1), ends[1], atol=1e-6)
    assert torch.allclose(weights(tmp_path, 2), mean(ends[1:]), atol=1e-6)


@pytest.mark.parametrize(
    "average", [partial(EqualAveraging, "step"), partial(EMAWeightAveraging, decay=0.9)]
)
def test_what_is_validated_is_what_is_saved(tmp_path: Path, average) -> None:
    module, _, trainer = train(tmp_path, average(), 2)
    logged = float(trainer.callback_metrics["val/loss"])
    saved = torch.load(tmp_path / "epoch=1.ckpt", weights_only=True)
    module.load_state_dict(saved["state_dict"])
    again = trainer.validate(module, trainer.datamodule, verbose=False)[0]["val/loss"]
    assert again == pytest.approx(logged, rel=1e-6)


@pytest.mark.parametrize(
    "average",
    [
        partial(EqualAveraging, "step"),
        partial(EqualAveraging, "epoch", start_epoch=1),
        partial(EMAWeightAveraging, decay=0.9),
    ],
)
def test_a_resumed_training_ends_with_the_same_average(tmp_path: Path, average) -> None:
    whole, _, _ = train(tmp_path, average(), 3)
    parted, _, _ = train(tmp_path / "b", average(), 3, tmp_path / "epoch=1.ckpt")
    assert torch.equal(whole.net.head.weight, parted.net.head.weight)


class Counting(Supervised):
    """Has buffers that no mean can be taken of, as batch norm and a referee have."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("begun", torch.tensor(False))

    def training_step(self, batch, batch_idx):
        self.steps += 1
        self.begun.fill_(True)
        return super().training_step(batch, batch_idx)


def test_counts_and_marks_are_those_of_the_last_step(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(globals(), "Supervised", Counting)
    train(tmp_path, EqualAveraging("step"), 2)
    saved = torch.load(tmp_path / "epoch=1.ckpt", weights_only=True)["state_dict"]
    assert (saved["steps"].item(), saved["begun"].item()) == (12, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": "hour"}, "callbacks: every: 'hour' is not one of step, epoch"),
        ({"start_epoch": -1}, "callbacks: start_epoch: -1 is negative"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        EqualAveraging(**arguments)
    assert str(refusal.value) == message
