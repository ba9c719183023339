"""The four points of exclusive or, to train and to test on."""

from __future__ import annotations

from typing import Literal

import torch

from dlcli.data.examples import Examples, Source
from dlcli.data.memory import Memory
from dlcli.data.normalize import Preprocessing
from dlcli.data.spec import DataSpec

SPEC = DataSpec("vector", (2,), "value")
POINTS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
ANSWERS = torch.tensor([0.0, 1.0, 1.0, 0.0])


class XOR(Memory):
    """The least problem that no linear model solves (Minsky & Papert 1969); needs no files.

    Args:
        batch_size: examples in a training batch, over all processes together.
        seed: what the order comes from.
        device: where the points lie, ``auto`` or ``cpu``.
        normalize: how inputs are made fit for a net; see ``Memory``.
    """

    def __init__(
        self,
        batch_size: int = 4,
        seed: int = 0,
        device: Literal["auto", "cpu"] = "auto",
        normalize: Preprocessing = "none",
    ) -> None:
        super().__init__(batch_size, seed=seed, device=device, normalize=normalize)

    def read(self) -> Source:
        """The same four points for every split."""
        points = Examples(POINTS, ANSWERS)
        return Source("xor", SPEC, dict.fromkeys(("train", "val", "test"), points))
