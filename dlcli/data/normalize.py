"""Inputs of mean 0 and standard deviation 1, by constants of the training split."""

from __future__ import annotations

import torch
from torch import Tensor


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
        return inputs.to(torch.float32).sub_(self.mean).mul_(self.scale)

    def to(self, device: torch.device) -> Normalize:
        """The same with its constants on ``device``."""
        moved = Normalize.__new__(Normalize)
        moved.mean, moved.scale = self.mean.to(device), self.scale.to(device)
        return moved

    @classmethod
    def fit(cls, inputs: Tensor, dims: tuple[int, ...], chunk: int = 4096) -> Normalize:
        """The constants of ``inputs (N, ...)`` over ``dims``, in double precision and small steps."""
        total = square = torch.zeros((), dtype=torch.float64)
        count = 0
        for part in inputs.split(chunk):
            part = part.to(torch.float32)
            rows = part.sum(dim=dims, keepdim=True, dtype=torch.float64)
            total = total + rows
            square = square + part.square().sum(dim=dims, keepdim=True, dtype=torch.float64)
            count += part.numel() // rows.numel()
        mean = total / count
        std = (square / count - mean.square()).clamp_min(0).sqrt()
        return cls(mean[0].float(), std[0].float())
