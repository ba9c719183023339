"""Which parameters of a net multiply an input."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.nn.modules.conv import _ConvNd


def weights(module: nn.Module) -> Iterator[nn.Parameter]:
    """The weights of linear, convolution, recurrent and attention layers, each once.

    One that is an embedding's as well is none: a token's vector is no weight of an input.
    """
    layers = list(module.modules())
    seen = {id(layer.weight) for layer in layers if isinstance(layer, nn.Embedding)}
    for layer in layers:
        for name, parameter in layer.named_parameters(recurse=False):
            if is_weight(layer, name) and id(parameter) not in seen:
                seen.add(id(parameter))
                yield parameter


def is_weight(layer: nn.Module, name: str) -> bool:
    """Whether a layer's own parameter multiplies its input."""
    if isinstance(layer, (nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention)):
        return "weight" in name
    return isinstance(layer, (nn.Linear, nn.Bilinear, _ConvNd)) and name == "weight"
