"""The metrics of a training's epoch that was saved, and not yet logged, when its process died."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.training.checkpoint_io import FolderCheckpointIO


class LogSaved(Callback):
    """Logs what the manifest holds of the training, as Lightning does so after it is saved.

    A run takes no notice of what it has at that step already.
    """

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Log it where the checkpoint is of an epoch's end; in its middle it is an epoch old."""
        loop = checkpoint["loops"]["fit_loop"]
        progress = loop["epoch_progress"]["current"]
        metrics = _of_training(trainer)
        if metrics and trainer.logger and progress["processed"] == progress["started"]:
            step = loop["epoch_loop.state_dict"]["_batches_that_stepped"] - 1
            trainer.logger.log_metrics({**metrics, "epoch": checkpoint["epoch"]}, step)


def _of_training(trainer: Trainer) -> dict[str, float]:
    """What the manifest holds of the training beside the checkpoint that is gone on from."""
    checkpoints = trainer.strategy.checkpoint_io
    if trainer.ckpt_path is None or not isinstance(checkpoints, FolderCheckpointIO):
        return {}
    entries = checkpoints.folder.entries().values() if checkpoints.folder else ()
    name = Path(trainer.ckpt_path).name
    found = next((entry.metrics for entry in entries if entry.file == name), {})
    return {name: value for name, value in found.items() if name.startswith("train/")}
