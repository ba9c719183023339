"""The last layer: from the features of a trunk to the outputs that the target asks for."""

from __future__ import annotations

from torch import nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError


def head(family: str, features: int, spec: DataSpec) -> nn.Linear:
    """One linear layer ``(B, features) -> (B, spec.outputs)`` for a class or a value.

    Raises:
        ConfigError: if the target is not one answer an example.
    """
    if spec.target not in ("class", "value"):
        target = {"next_token": "the next token", "input": "the input itself"}[spec.target]
        raise ConfigError(
            f"model={family}: gives one answer an example (a class or values), "
            f"but this data asks for {target}"
        )
    return nn.Linear(features, spec.outputs)


def sequence_head(family: str, features: int, spec: DataSpec) -> nn.Linear:
    """One linear layer for a class or a value, or at each step for the next token.

    Raises:
        ConfigError: if the target is the input itself.
    """
    if spec.target == "next_token":
        return nn.Linear(features, spec.outputs)
    return head(family, features, spec)
