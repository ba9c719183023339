"""Trains an MLP on the digits in as many processes as asked and writes what was measured."""

from __future__ import annotations

import json
import warnings
from functools import partial
from pathlib import Path

import pytorch_lightning as pl
import torch

from dlcli.data.digits import Digits
from dlcli.models.supervised import Supervised
from dlcli.nets.mlp import MLP


def train(devices: int) -> dict[str, float]:
    """Two epochs; 1,258 training examples leave a last batch of 18."""
    warnings.filterwarnings("error", message=".*sync_dist.*")
    pl.seed_everything(0, verbose=False)
    data = Digits(batch_size=40)
    data.setup()
    sgd = partial(torch.optim.SGD, lr=0.05)
    module = Supervised(partial(MLP, widths=[32]), data.spec, sgd)
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=devices,
        strategy="ddp_fork" if devices > 1 else "auto",
        max_epochs=2,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(module, data)
    metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
    tested = trainer.test(module, data, verbose=False)[0]
    return {**metrics, **tested}


def write(devices: int, file: Path) -> None:
    """Train, with one thread a process, and write the metrics to a file."""
    torch.set_num_threads(1)
    file.write_text(json.dumps(train(devices)))
