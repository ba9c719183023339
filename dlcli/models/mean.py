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

    Args:
        quantities: how many there are, Q.
    """

    def __init__(self, quantities: int) -> None:
        self.quantities = quantities
        self.reset()

    def reset(self) -> None:
        """Forget all examples."""
        self.sums, self.count = torch.zeros(self.quantities, dtype=torch.float64), 0

    def update(self, sums: Tensor, count: int) -> None:
        """Add the sums ``(Q,)`` of ``count`` more examples."""
        if not self.count or self.sums.device != sums.device:
            self.sums = self.sums.to(sums.device, precision(sums.device))
        self.sums += sums
        self.count += count

    def compute(self, reduce: Callable[[Tensor], Tensor] = lambda totals: totals) -> Tensor | None:
        """The means ``(Q,)``, over all processes; None if there was no example.

        Args:
            reduce: sums a tensor over the processes; every process calls it.
        """
        totals = reduce(torch.cat([self.sums, self.sums.new_tensor([self.count])]))
        return totals[:-1] / totals[-1] if totals[-1] else None

    def state_dict(self) -> dict[str, Any]:
        """Sums and count, as a tensor and a number."""
        return {"sums": self.sums.cpu(), "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.sums, self.count = state["sums"].clone(), state["count"]


def countable(numbers: Tensor) -> Tensor:
    """Numbers in single precision at least, of which neither a loss nor a count is rounded."""
    return numbers.to(torch.promote_types(numbers.dtype, torch.float32))


def precision(device: torch.device) -> torch.dtype:
    """Doubles, so that long epochs add up exactly enough, where the device has them."""
    return torch.float32 if device.type == "mps" else torch.float64
