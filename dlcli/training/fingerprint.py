"""A hash of the weights after each epoch, by which two trainings are compared to the bit."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.strategies import DDPStrategy

from dlcli.tracking import spool

FILE = "fingerprints.jsonl"
# Of the time a training takes; a hash that would take more waits for a later epoch.
SHARE = 0.01
# A hash this quick is taken after every epoch, however short the epochs are.
QUICK_S = 0.003


@dataclass(frozen=True)
class Fingerprint:
    """The weights at the end of an epoch.

    Args:
        step: how many optimizer steps were taken.
        weights: the hash, in hexadecimal.
    """

    step: int
    weights: str


class Fingerprints(Callback):
    """Writes the fingerprint of the weights before the first epoch and after each into a file.

    ``folder`` is set once the run has one; nothing is written on the ranks that have none, nor
    where the weights are spread over several devices.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._spool: spool.Spool | None = None
        self._due = 0.0  # by the monotonic clock

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write that of the initial weights."""
        if trainer.global_step == 0:
            self._write(trainer, pl_module, 0)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write that of the epoch's weights, where it costs little enough."""
        if time.monotonic() >= self._due:
            self._write(trainer, pl_module, trainer.current_epoch + 1)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Close the file."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _write(self, trainer: Trainer, module: LightningModule, epoch: int) -> None:
        if self.folder is None or not _whole(trainer):
            return
        if self._spool is None:
            self._spool = spool.Spool(self.folder / FILE)
        start = time.monotonic()
        weights = fingerprint(module.state_dict())
        cost = time.monotonic() - start
        self._spool.append({"epoch": epoch, "step": trainer.global_step, "weights": weights})
        self._due = 0.0 if cost < QUICK_S else start + cost / SHARE


def _whole(trainer: Trainer) -> bool:
    """Whether this process has all the weights."""
    return trainer.world_size == 1 or isinstance(trainer.strategy, DDPStrategy)


def fingerprint(state: Mapping[str, Any]) -> str:
    """The hash of tensors by name, of their kinds, shapes and bytes, in hexadecimal.

    Args:
        state: a ``state_dict``; what is no dense tensor counts by its name alone.
    """
    digest = hashlib.sha256()
    for name, tensor in state.items():
        digest.update(f"{name}\0".encode())
        if isinstance(tensor, torch.Tensor) and tensor.layout == torch.strided:
            digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
            flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(flat.numpy().data)
    return digest.hexdigest()[:32]


def read_fingerprints(artifacts: Path) -> dict[int, Fingerprint]:
    """The fingerprints of a run by epoch, counted from 1, and 0 for the initial weights.

    Args:
        artifacts: the run's; one without the file has none. Of an epoch that was trained again
            after a crash the last counts.
    """
    found = {}
    for line, _ in spool.read(artifacts / FILE):
        if isinstance(line.get("epoch"), int) and isinstance(line.get("weights"), str):
            found[line["epoch"]] = Fingerprint(int(line.get("step", 0)), line["weights"])
    return found
