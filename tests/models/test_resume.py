"""A training that was stopped and resumed sees the same batches and ends with the same bits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from dlcli.data.augment import Augment
from dlcli.data.digits import Digits
from dlcli.models.schedule import Schedule
from dlcli.models.supervised import Supervised
from dlcli.nets.mlp import MLP

ADAM = partial(torch.optim.Adam, lr=0.01)
ONE_CYCLE = partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=0.01)


class Watch(pl.Callback):
    """Keeps the batches of each epoch, and the random state at each epoch's end."""

    def __init__(self) -> None:
        self.batches: dict[tuple[int, int], torch.Tensor] = {}
        self.states: dict[int, torch.Tensor] = {}
        self.start: torch.Tensor | None = None

    def on_train_start(self, trainer, pl_module):
        if self.start is not None:
            torch.set_rng_state(self.start)

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.batches[trainer.current_epoch, batch_idx] = batch[0].clone()

    def on_train_epoch_end(self, trainer, pl_module):
        self.states[trainer.current_epoch] = torch.get_rng_state()


def train(folder: Path, epochs: int, resume: Path | None = None, **save):
    """Train an MLP with dropout, augmentation and a schedule by steps; 6 batches an epoch."""
    pl.seed_everything(0, verbose=False)
    data = Digits(batch_size=64, augment=Augment(shift=1), test_fraction=0.7)
    data.setup()
    schedule = Schedule(ONE_CYCLE, interval="step")
    module = Supervised(partial(MLP, widths=[16], dropout=0.2), data.spec, ADAM, schedule)
    watch = Watch()
    watch.start = save.pop("rng", None)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[watch, ModelCheckpoint(folder, save_top_k=-1, **save)],
    )
    trainer.fit(module, data, ckpt_path=resume, weights_only=True)
    return trainer, module, watch


@pytest.mark.parametrize("step", [1, 5, 6, 8, 11])
def test_resuming_in_the_middle_of_an_epoch_sees_the_remaining_batches(tmp_path, step):
    _, _, whole = train(tmp_path, 2, every_n_train_steps=1, filename="{step}")
    _, _, rest = train(tmp_path / "b", 2, resume=tmp_path / f"step={step}.ckpt")
    expected = {key: batch for index, (key, batch) in enumerate(whole.batches.items())}
    expected = dict(list(whole.batches.items())[step:])
    assert list(rest.batches) == list(expected)
    assert all(torch.equal(rest.batches[key], batch) for key, batch in expected.items())


def test_the_training_loss_of_a_resumed_epoch_counts_the_whole_epoch(tmp_path):
    trainer, _, whole = train(tmp_path, 1, every_n_train_steps=1, filename="{step}")
    resumed, _, _ = train(tmp_path / "b", 1, resume=tmp_path / "step=3.ckpt")
    first = torch.load(tmp_path / "step=3.ckpt", weights_only=True)
    assert first["means"]["count"] == 3 * 64
    examples = sum(len(batch) for batch in whole.batches.values())
    assert resumed.lightning_module.means["train"].count == examples
    assert trainer.lightning_module.means["train"].count == examples


@pytest.mark.parametrize("epochs", [1, 2])
def test_resuming_at_an_epoch_boundary_gives_the_very_bits(tmp_path, epochs):
    kept = {"every_n_epochs": 1, "save_on_train_epoch_end": True, "filename": "{epoch}"}
    trainer, module, whole = train(tmp_path, 3, **kept)
    path = tmp_path / f"epoch={epochs - 1}.ckpt"
    again, resumed, _ = train(tmp_path / "b", 3, resume=path, rng=whole.states[epochs - 1])
    pairs = zip(module.parameters(), resumed.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert trainer.callback_metrics == again.callback_metrics
    assert str(trainer.optimizers[0].state_dict()) == str(again.optimizers[0].state_dict())
