"""Initial weights of a net, other than those that its layers draw themselves."""

from __future__ import annotations

from torch import nn


class Default:
    """Leave every layer as PyTorch made it."""

    def __call__(self, net: nn.Module) -> None:
        """Do nothing to ``net``."""
