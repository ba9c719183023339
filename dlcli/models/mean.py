"""Means over an epoch that stay on the device until the epoch ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Mean:
    """The mean of a vector of quantities over all examples seen since the last reset.

    Nothing waits for the device before ``compute``: sums are tensors, and the count is
    known from the shapes.
    """

    def __init__(self) -> None:
        self.sums: Tensor | None = None
        self.count = 0

    def update(self, sums: Tensor, count: int) -> None:
        """Add the sums ``(Q,)`` of ``count`` more examples."""
        total = sums.double() if sums.device.type != "mps" else sums
        self.sums = total if self.sums is None else self.sums.to(total.device).add_(total)
        self.count += count

    def compute(self, reduce: Callable[[Tensor], Tensor] | None = None) -> Tensor | None:
        """The means ``(Q,)``, over all processes; None if there was no example.

        Args:
            reduce: sums a tensor over the processes.
        """
        if self.sums is None:
            return None
        totals = torch.cat([self.sums, self.sums.new_tensor([self.count])])
        if reduce is not None:
            totals = reduce(totals)
        return totals[:-1] / totals[-1]

    def reset(self) -> None:
        """Forget all examples."""
        self.sums, self.count = None, 0

    def state_dict(self) -> dict[str, Any]:
        """Sums and count, as plain values and tensors."""
        return {"sums": self.sums, "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.sums, self.count = state["sums"], state["count"]
