"""The random-number states of a run, saved with every checkpoint and restored from it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from pytorch_lightning.callbacks import Callback


def random_state() -> dict[str, Any]:
    """The states of Python's, NumPy's and torch's generators as plain containers and tensors.

    Of GPUs that of this process's own: in a checkpoint is what the first process saves, and each
    has used the generator of its own GPU alone, all of them alike.
    """
    _, keys, position, has_gauss, cached = np.random.get_state()
    used: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return {
        "python": list(random.getstate()),
        "numpy": [torch.from_numpy(np.asarray(keys).copy()), position, has_gauss, cached],
        "torch": torch.get_rng_state(),
        "cuda": [torch.cuda.get_rng_state()] if used else [],
    }


def restore_random_state(state: dict[str, Any]) -> None:
    """Set the generators to a state of :func:`random_state`."""
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state(("MT19937", keys.numpy(), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"][0])


class RandomState(Callback):
    """Carries the random-number states in the checkpoint.

    Lightning restores callbacks after the model and before the loaders, and nothing draws a number
    between there and the first step, so the numbers go on where they stopped.
    """

    def state_dict(self) -> dict[str, Any]:
        """The states at the time of saving."""
        return random_state()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the saved states."""
        restore_random_state(state_dict)
