"""The metrics of a model on a split, measured on one device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.config.compose import Config
from dlcli.errors import ConfigError
from dlcli.training.changes import Split
from dlcli.training.experiment import build_trainer
from dlcli.training.metrics import logged

# What of the run's trainer changes the numbers: with these they are the run's own.
KEPT = ("_target_", "accelerator", "precision", "deterministic", "benchmark")
LIMITS = {"val": "limit_val_batches", "test": "limit_test_batches"}


def one_device_trainer(config: Config, split: Split, root: Path, *callbacks: Callback) -> Trainer:
    """A trainer of the run's precision on one device, which writes nothing."""
    node = config.values["trainer"]
    kept = {key: node[key] for key in KEPT if key in node}
    if kept.get("accelerator") in ("gpu", "cuda") and not torch.cuda.is_available():
        kept = {"_target_": kept["_target_"], "accelerator": "cpu"}
    limit = node.get(LIMITS.get(split, ""))
    if limit is not None:
        kept |= {LIMITS[split]: limit, "limit_predict_batches": limit}
    silent = {"logger": False, "enable_checkpointing": False, "devices": 1}
    node = {**kept, **silent, "enable_progress_bar": False}
    return build_trainer(node, config.allow, default_root_dir=str(root), callbacks=list(callbacks))


def measure(
    trainer: Trainer, model: LightningModule, data: LightningDataModule, split: Split
) -> dict[str, float]:
    """The metrics of a model on a split, named ``SPLIT/quantity``."""
    data.trainer = trainer
    run = trainer.validate if split == "val" else trainer.test
    run(model, dataloaders=split_loader(data, split), verbose=False)
    stage = "val" if split == "val" else "test"
    return {
        name.replace(f"{stage}/", f"{split}/", 1): value
        for name, value in logged(trainer).items()
        if name.startswith(f"{stage}/")
    }


def split_loader(data: LightningDataModule, split: Split) -> Any:
    """A split in order and without augmentation, where the data module can give it so.

    Raises:
        ConfigError: the data module has no such split.
    """
    if hasattr(data, "eval_dataloader"):
        return data.eval_dataloader(split)
    data.setup({"train": "fit", "val": "validate", "test": "test"}[split])
    loader = getattr(data, f"{split}_dataloader")()
    if not loader:
        raise ConfigError(f"--split {split}: {type(data).__name__} has no such split")
    return loader
