"""Examples as a pair of tensors, and a data set as named sets of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dlcli.data.spec import DataSpec


@dataclass(frozen=True)
class Examples:
    """Inputs ``(N, ...)`` and their targets ``(N, ...)``."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def nbytes(self) -> int:
        """The memory of both tensors, in bytes."""
        return self.inputs.nbytes + self.targets.nbytes

    def take(self, indices: Tensor) -> Examples:
        """The examples at ``indices``."""
        return Examples(self.inputs[indices], self.targets[indices])

    def to(self, device: torch.device) -> Examples:
        """The same on ``device``."""
        return Examples(self.inputs.to(device), self.targets.to(device))


@dataclass(frozen=True)
class Source:
    """A data set as it was read: ``train``, and ``val`` and ``test`` where they are given.

    Args:
        name: what to call it in messages: a name, a file or a folder.
        spec: what one example looks like.
        sets: the examples of each set that is given.
    """

    name: str
    spec: DataSpec
    sets: Mapping[str, Examples]

    def fingerprint(self) -> str:
        """The SHA-256 of all examples, in hexadecimal."""
        digest = hashlib.sha256()
        for name, examples in sorted(self.sets.items()):
            for tensor in (examples.inputs, examples.targets):
                digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
                digest.update(tensor.contiguous().numpy().data)
        return digest.hexdigest()
