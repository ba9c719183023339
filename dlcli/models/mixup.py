"""Mixtures of two examples to train on."""

from __future__ import annotations

import torch
from torch import Tensor

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError


class Mixup:
    """Mixes each example of a batch with another one of it (Zhang et al. 2018, section 2).

    One share is drawn a batch. It comes from PyTorch's own generator on the CPU, which
    checkpoints hold, so a resumed training mixes as one that was never stopped.

    Args:
        alpha: of the Beta distribution of the shares; 0 mixes nothing.
        spec: what the data looks like.

    Raises:
        ConfigError: ``alpha`` is negative, or the data is tokens.
    """

    def __init__(self, alpha: float, spec: DataSpec) -> None:
        if alpha < 0:
            raise ConfigError(f"model.mixup: {alpha} is negative")
        if alpha and spec.kind == "tokens":
            raise ConfigError(
                f"model.mixup: {alpha}, but tokens are names, and there is nothing between two"
            )
        self.alpha = alpha

    def __bool__(self) -> bool:
        return self.alpha > 0

    def __call__(self, inputs: Tensor, target: Tensor) -> tuple[Tensor, Tensor, float]:
        """Mixed inputs ``(B, ...)``, the other examples' targets, and the share of its own."""
        alpha = torch.tensor(self.alpha, dtype=torch.float32)  # of which half precision draws none
        share = float(torch.distributions.Beta(alpha, alpha).sample())
        order = torch.randperm(len(inputs)).to(inputs.device)
        return share * inputs + (1 - share) * inputs[order], target[order], share
