"""What a checkpoint carries so that it can be understood without its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

KEY = "dlcli"


class Provenance(Callback):
    """Puts configuration, data fingerprint and package versions into every checkpoint.

    ``facts`` holds plain containers only, secrets redacted; it is set once the data is known.

    Args:
        seconds: tells how long the run has taken.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self.facts: Mapping[str, Any] = {}
        self._seconds = seconds

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the facts."""
        checkpoint[KEY] = {**self.facts, "seconds": self._seconds()}
