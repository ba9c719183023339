"""A trained model beside its data, from a checkpoint and the configuration it was trained with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_fabric.utilities.seed import seed_everything
from pytorch_lightning import LightningDataModule, LightningModule

from dlcli.config.compose import Config
from dlcli.data.spec import DataSpec
from dlcli.training.checkpoint import load
from dlcli.training.experiment import build_data, build_model
from dlcli.training.weights import restore


@dataclass(frozen=True)
class Rebuilt:
    """What a training ended with.

    Args:
        model: with the checkpoint's weights; its net is not compiled.
        data: set up, by what was fitted in the training.
        spec: of the data.
        checkpoint: what the file holds.
    """

    model: LightningModule
    data: LightningDataModule
    spec: DataSpec
    checkpoint: Mapping[str, Any]


def rebuild(config: Config, path: Path) -> Rebuilt:
    """Build data and model, and restore the checkpoint into the model.

    Args:
        config: of the run.
        path: of its checkpoint.

    Raises:
        ConfigError, DataError: data or model cannot be built.
        CheckpointError: the checkpoint is damaged, or of another model.
    """
    seed_everything(config.values["seed"], workers=True, verbose=False)
    checkpoint = load(path)
    fitted = checkpoint.get("dlcli", {}).get("fitted")
    data, spec = build_data(config.values["data"], config.allow, fitted)
    model = build_model({**config.values, "compile": False}, spec, config.allow)
    restore(model, checkpoint["state_dict"], path)
    return Rebuilt(model, data, spec, checkpoint)
