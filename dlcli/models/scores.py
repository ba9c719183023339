"""The area under the ROC curve, exact over all examples and processes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dlcli.models.mean import precision

Summed = Callable[[Tensor], Tensor]


class Scores:
    """The scores of all examples seen since the last reset, and whether each is positive."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all examples."""
        self._seen: list[Tensor] = []

    def update(self, scores: Tensor, targets: Tensor) -> None:
        """Add the scores ``(B,)`` of examples of classes 0 and 1 ``(B,)``; waits for nothing."""
        self._seen.append(torch.stack([scores.float(), targets.float()]))

    def auc(self, summed: Summed, rank: int = 0, world: int = 1) -> Tensor:
        """How often a positive example outranks a negative one, ties half; NaN without both.

        Args:
            summed: sums a tensor over the processes; every process calls it.
            rank: this process.
            world: how many processes there are.
        """
        own = torch.cat(self._seen, dim=1) if self._seen else torch.zeros(2, 0)
        scores, positive = gathered(own, summed, rank, world)
        return auc(scores, positive > 0)


def gathered(own: Tensor, summed: Summed, rank: int, world: int) -> Tensor:
    """The columns ``(2, n)`` of all processes beside each other."""
    sizes = torch.zeros(world, dtype=torch.int64)
    sizes[rank] = own.shape[1]
    sizes = summed(sizes).cpu()
    start = int(sizes[:rank].sum())
    everything = own.new_zeros(2, int(sizes.sum()))
    everything[:, start : start + own.shape[1]] = own
    return summed(everything)


def auc(scores: Tensor, positive: Tensor) -> Tensor:
    """The Mann-Whitney statistic as a share (Hanley & McNeil 1982), from scores ``(N,)``."""
    kind = precision(scores.device)
    _, group, sizes = torch.unique(scores, return_inverse=True, return_counts=True)
    ranks = (sizes.cumsum(0) - (sizes - 1) / 2).to(kind)[group]
    ones = positive.sum().to(kind)
    above = ranks[positive].sum() - ones * (ones + 1) / 2
    area: Tensor = above / (ones * (len(scores) - ones))
    return area
