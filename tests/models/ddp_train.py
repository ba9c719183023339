"""Trains an MLP on the digits in as many processes as asked and prints what was measured."""

from __future__ import annotations

import json
import os
import sys
import warnings
from functools import partial

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
    adam = partial(torch.optim.SGD, lr=0.05)
    module = Supervised(partial(MLP, widths=[32]), data.spec, adam)
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=devices,
        strategy="ddp" if devices > 1 else "auto",
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


if __name__ == "__main__":
    results = train(int(sys.argv[1]))
    if os.environ.get("LOCAL_RANK", "0") == "0":
        print(json.dumps(results))
