"""Lightning's way to checkpoint files, led through the run's checkpoint folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import CheckpointIO

from dlcli.training.checkpoint import CheckpointFolder, load, write_atomically


class FolderCheckpointIO(CheckpointIO):
    """Saves under a role of a checkpoint folder, loads what the manifest vouches for.

    ``folder`` is set once the run has one.
    """

    def __init__(self) -> None:
        self.folder: CheckpointFolder | None = None

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Save under the role that ``path`` ends in; ``storage_options`` holds
        what else the manifest is to say of it: ``epoch`` and ``metrics``.

        Without ``storage_options`` (Lightning's own finders and callbacks) ``path`` is a file's.

        Raises:
            CheckpointError: it cannot be written.
        """
        if storage_options is not None and self.folder is not None:
            self.folder.save(Path(path).name, checkpoint, **storage_options)
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(Path(path), lambda file: torch.save(checkpoint, file))

    def load_checkpoint(
        self,
        path: Any,
        map_location: Callable[..., Any] | None = None,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Read a checkpoint onto the CPU; never runs code, whatever ``weights_only`` says.

        Raises:
            CheckpointError: missing, damaged or not a checkpoint.
        """
        return load(Path(path))

    def remove_checkpoint(self, path: Any) -> None:
        """Remove a file of one of Lightning's own callbacks."""
        Path(path).unlink(missing_ok=True)
