"""What a checkpoint carries so that it can be understood without its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

KEY = "dlcli"


class Provenance(Callback):
    """Puts configuration, data fingerprint and package versions into every checkpoint.

    ``facts`` holds plain containers only, secrets redacted; it is set once the data is known.
    """

    def __init__(self) -> None:
        self.facts: Mapping[str, Any] = {}

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the facts."""
        checkpoint[KEY] = dict(self.facts)
