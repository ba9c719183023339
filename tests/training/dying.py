"""A callback at which the power goes."""

from __future__ import annotations

import os

from pytorch_lightning import LightningModule, Trainer

from dlcli.training.checkpointing import LastCheckpoint


class Dies(LastCheckpoint):
    """Dies before its first save, unless the training goes on from a checkpoint."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Die, or save."""
        if trainer.ckpt_path is None:
            os._exit(137)
        super().on_train_epoch_end(trainer, pl_module)
