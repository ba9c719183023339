"""A training of no use but one: what is looked up and made at its first use is there afterwards.

A trial forked from a process that has trained once begins sooner, as much of what it needs is in
memory already. It is a small net, some digits, one thread and the CPU.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlcli.config.compose import Config

OPTIMIZER = {"_target_": "torch.optim.Adam", "_partial_": True, "lr": 0.001, "fused": True}
CURVE = {"_target_": "torch.optim.lr_scheduler.CosineAnnealingLR", "_partial_": True}
NET = {"_target_": "dlcli.nets.cnn.CNN", "_partial_": True, "channels": [4], "batch_norm": True}
CALLBACKS = (
    "dlcli.training.checkpointing.BestCheckpoint",
    "dlcli.training.checkpointing.LastCheckpoint",
    "dlcli.training.early_stopping.EarlyStopping",
    "dlcli.training.learning_rate.LearningRate",
)
VALUES: dict[str, Any] = {
    "seed": 0,
    "monitor": "val/loss",
    "mode": "auto",
    "compile": False,
    "data": {"_target_": "dlcli.data.digits.Digits", "batch_size": 32},
    "optimizer": OPTIMIZER,
    "scheduler": {"_target_": "dlcli.models.schedule.Schedule", "curve": CURVE, "epochs": 1},
    "init": {"_target_": "dlcli.nets.init.Default"},
    "regularizer": {"_target_": "dlcli.models.regularizer.Regularizer"},
    "model": {"_target_": "dlcli.models.supervised.Supervised", "net": NET},
    "callbacks": {name: {"_target_": name} for name in CALLBACKS},
    "trainer": {
        "_target_": "pytorch_lightning.Trainer",
        "accelerator": "cpu",
        "devices": 1,
        "max_epochs": 1,
        "limit_train_batches": 2,
        "limit_val_batches": 1,
    },
}


def practise() -> None:
    """Train once; nothing of it stays but what is in memory.

    For a machine without a GPU, of which a process that forks must not know.
    """
    from dlcli.training.record import environment_now
    from dlcli.training.session import Session
    from dlcli.training.stopping import NoStop

    with one_thread(), _same_environment(), tempfile.TemporaryDirectory() as folder:
        config = Config(VALUES, {}, (), {}, ())
        session = Session(config, Path(folder), quiet=True, stop=NoStop())
        session.train(Path(folder), None)
        session.cost()
        environment_now()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch from starting threads, which no fork outlives."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def _same_environment() -> Iterator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
