"""Modules that others are measured by, which no precision of a training rounds."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Convert = Callable[[Tensor], Tensor]


def exact(convert: Convert) -> Convert:
    """What moves tensors as ``convert`` does, but makes none of them less precise.

    Args:
        convert: what ``nn.Module._apply`` is given for each tensor of a module.
    """

    def move(tensor: Tensor) -> Tensor:
        found = convert(tensor)
        wide = torch.promote_types(found.dtype, tensor.dtype) == found.dtype
        return found if wide else tensor.to(found.device)

    return move
