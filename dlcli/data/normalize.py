"""Inputs of mean 0 and standard deviation 1, by constants of the training split."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# Examples at a time; a megabyte or so of MNIST.
CHUNK = 1024


class Normalize:
    """Subtract the mean and divide by the standard deviation.

    Args:
        mean: the mean of each channel or feature, shaped to broadcast over one example.
        std: the standard deviation likewise; where it is 0 the input is only centred.
    """

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        self.mean = mean
        self.scale = torch.where(std > 0, 1 / std, torch.ones_like(std))

    def __call__(self, inputs: Tensor) -> Tensor:
        """Normalise a batch ``(B, ...)`` of any number type into float32."""
        return inputs.to(torch.float32, copy=True).sub_(self.mean).mul_(self.scale)

    def to(self, device: torch.device) -> Normalize:
        """The same with its constants on ``device``."""
        moved = Normalize.__new__(Normalize)
        moved.mean, moved.scale = self.mean.to(device), self.scale.to(device)
        return moved

    @classmethod
    def fit(cls, inputs: Tensor, dims: tuple[int, ...]) -> Normalize:
        """The constants of ``inputs (N, ...)`` over ``dims``.

        Goes through the data twice in chunks, because one pass over squares loses the digits
        of features that are large and vary little, and a float copy of all of it is not needed.
        """
        mean = chunked_mean(inputs, dims)
        centre = mean.float()
        variance = chunked_mean(inputs, dims, lambda part: part.sub_(centre).square_())
        return cls(centre[0], variance[0].sqrt().float())


def chunked_mean(
    inputs: Tensor,
    dims: tuple[int, ...],
    change: Callable[[Tensor], Tensor] = lambda part: part,
) -> Tensor:
    """The mean over ``dims``, kept as size 1, of ``change`` of the inputs, in double precision."""
    total, count = torch.zeros((), dtype=torch.float64), 0
    for start in range(0, len(inputs), CHUNK):
        part = change(inputs[start : start + CHUNK].to(torch.float32, copy=True))
        sums = part.sum(dim=dims, keepdim=True)
        total = total + sums
        count += part.numel() // sums.numel()
    return total / count
