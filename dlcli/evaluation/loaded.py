"""A recorded model that is ready to predict, for notebooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytorch_lightning import LightningDataModule, LightningModule

from dlcli.config.redact import redact
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.tracking.query import RunRecord
from dlcli.training.random_state import random_state, restore_random_state
from dlcli.training.rebuild import rebuild
from dlcli.training.source import Source


@dataclass(frozen=True)
class Loaded:
    """A trained model, its data and its configuration.

    Args:
        model: with the weights of the best checkpoint, in evaluation mode and frozen:
            ``model(inputs)`` takes inputs as the data module gives them. ``model.unfreeze()``
            makes it one to train on.
        data: its DataModule, set up with what was fitted in the training;
            ``data.eval_dataloader("test")`` gives a split in order.
        spec: what the data looks like: input shape, target, classes, vocabulary.
        config: the run's, as a plain dict.
        checkpoint: the file that the weights are from.
        run: the run's record; None for a checkpoint file.
    """

    model: LightningModule
    data: LightningDataModule = field(repr=False)
    spec: DataSpec = field(repr=False)
    config: dict[str, Any] = field(repr=False)
    checkpoint: Path
    run: RunRecord | None = field(repr=False)


def loaded(source: Source, run: RunRecord | None, device: str) -> Loaded:
    """Rebuild model and data; the random numbers of the caller go on as if nothing had been.

    Args:
        source: the checkpoint and its configuration.
        run: the record of its run.
        device: where the model is to be, by torch's names: ``cpu``, ``cuda``, ``cuda:1``.

    Raises:
        ConfigError: there is no such device, or the configuration cannot be built.
        DataError: the data is missing or damaged.
        CheckpointError: the checkpoint is damaged, or of another model.
    """
    before = random_state()
    try:
        built = rebuild(source.config, source.checkpoint)
    finally:
        restore_random_state(before)
    try:
        model = built.model.to(device)
    except (RuntimeError, AssertionError) as error:
        first = str(error).strip().partition("\n")[0]
        raise ConfigError(f"device {device!r}: {first}; the CPU is 'cpu'") from error
    model.freeze()
    config = redact(source.config.values)
    return Loaded(model, built.data, built.spec, config, source.checkpoint, run)
