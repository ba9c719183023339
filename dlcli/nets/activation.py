"""Activation functions by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Literal, get_args

from torch import nn

from dlcli.errors import ConfigError

Activation = Literal[
    "relu",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "tanh",
    "sigmoid",
    "identity",
]

MODULES: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "prelu": nn.PReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


def activation(name: Activation) -> nn.Module:
    """A new module of the activation ``name``.

    Raises:
        ConfigError: if there is no such activation.
    """
    if name not in MODULES:
        names = get_args(Activation)
        close = difflib.get_close_matches(str(name), names, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise ConfigError(
            f"model.net.activation: {name!r} is unknown; {hint}choices: {', '.join(names)}"
        )
    return MODULES[name]()
