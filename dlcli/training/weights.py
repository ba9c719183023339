"""Whether a checkpoint is one of this model, and holds all that a run needs to go on exactly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning import LightningModule

from dlcli.errors import CheckpointError

# What Lightning restores, beside the weights, for training to go on as if never stopped.
STATE = ("optimizer_states", "lr_schedulers", "loops", "callbacks", "epoch", "global_step")


def restore(model: LightningModule, state: Mapping[str, Any], path: Path) -> None:
    """Load a checkpoint's weights into a model.

    Raises:
        CheckpointError: of another model.
    """
    check_weights(model, state, path)
    model.load_state_dict(state)


def check_weights(model: LightningModule, state: Mapping[str, Any], path: Path) -> None:
    """Refuse weights that are not this model's.

    Raises:
        CheckpointError: the first three mismatches are named.
    """
    own = model.state_dict()
    wrong = [f"{key} is missing" for key in own if key not in state]
    wrong += [f"{key} is not in the model" for key in state if key not in own]
    wrong += [
        f"{key} has shape {tuple(state[key].shape)}, the model's {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    if wrong:
        raise CheckpointError(f"{path}: of another model: {'; '.join(wrong[:3])}")


def check_complete(checkpoint: Mapping[str, Any], path: Path) -> None:
    """Refuse a checkpoint that a run cannot go on from exactly.

    Raises:
        CheckpointError: naming what it lacks.
    """
    lacking = [name for name in STATE if name not in checkpoint]
    lacking += ["optimizer_states"] * (checkpoint.get("optimizer_states") == [])
    if "RandomState" not in checkpoint.get("callbacks", {}):
        lacking.append("random-number states")
    if lacking:
        raise CheckpointError(
            f"{path}: lacks {', '.join(lacking)}, so the run cannot go on as if it had never "
            "stopped; start a new one"
        )
