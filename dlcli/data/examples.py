"""Examples as a pair of tensors, and a data set as named sets of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

import torch
from torch import Tensor

from dlcli.data.spec import DataSpec


class Part(Protocol):
    """Some examples as they were read: tensors already, or rows or texts yet to be encoded."""

    @property
    def targets(self) -> Tensor:
        """The target of each example, ``(N, ...)``; of classes, any number for each."""

    def __len__(self) -> int: ...

    def take(self, indices: Tensor) -> Self:
        """The examples at ``indices``."""

    def update(self, digest: hashlib._Hash) -> None:
        """Add the examples to a hash."""


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

    def update(self, digest: hashlib._Hash) -> None:
        """Add type, shape and numbers of both tensors to a hash."""
        for tensor in (self.inputs, self.targets):
            digest.update(f"{tensor.dtype} {tuple(tensor.shape)} ".encode())
            digest.update(tensor.contiguous().numpy().data)


@dataclass(frozen=True)
class Source:
    """A data set as it was read: ``train``, and ``val`` and ``test`` where they are given.

    Where there is a training to go by, ``train`` can be gone.

    Args:
        name: what to call it in messages: a name, a file or a folder.
        spec: what one example looks like; of examples yet to be encoded, kind and target.
        sets: the examples of each set that is given.
        gone: for each set that is not there any more, what to say when it is asked for.
    """

    name: str
    spec: DataSpec
    sets: Mapping[str, Part]
    gone: Mapping[str, str] = field(default_factory=dict)

    def fingerprints(self) -> dict[str, str]:
        """The SHA-256 of the examples of each set, in hexadecimal."""
        return {name: sha256(name, part) for name, part in sorted(self.sets.items())}

    def without(self, split: str) -> str:
        """What to say of a split that is not there: its file is gone, or that it is cut from."""
        if split in self.gone:
            return self.gone[split]
        if "train" in self.gone:
            return f"{self.gone['train']}; the {split} split is a share of it"
        return (
            f"data.{split}: the run was trained with a {split} set of its own, and there is none "
            "now; name its file"
        )


def sha256(name: str, part: Part) -> str:
    """The hash of a set with its name, in hexadecimal."""
    digest = hashlib.sha256(f"{name} ".encode())
    part.update(digest)
    return digest.hexdigest()
