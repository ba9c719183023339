"""A few thousand examples from all over a split, kept while its batches go by."""

from __future__ import annotations

import torch
from torch import Tensor

from dlcli.models.learner import Batch


class Spread:
    """Every example of a split, or every second, fourth and so on where there are more.

    Args:
        most: no more than twice as many are kept.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._every = 1
        self._seen = 0
        self._parts: list[tuple[Tensor, ...]] = []

    def __len__(self) -> int:
        """How many are kept."""
        return sum(len(part[0]) for part in self._parts)

    def add(self, batch: Batch) -> None:
        """Keep those of a batch whose turn it is."""
        first = -self._seen % self._every
        self._seen += len(batch[0])
        if first >= len(batch[0]):
            return
        self._parts.append(tuple(tensor[first :: self._every] for tensor in batch))
        while len(self) > 2 * self.most:
            self._parts = [tuple(tensor[::2] for tensor in self._joined())]
            self._every *= 2

    def examples(self, most: int) -> tuple[Tensor, ...]:
        """At most so many inputs and targets, from all over."""
        count = len(self)
        # not in the default precision, which in half has no room for such numbers
        places = torch.linspace(0, count - 1, min(count, most), dtype=torch.float32).long()
        return tuple(tensor[places.to(tensor.device)] for tensor in self._joined())

    def _joined(self) -> tuple[Tensor, ...]:
        return tuple(torch.cat(tensors) for tensors in zip(*self._parts, strict=True))
