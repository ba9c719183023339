"""Ranges that several families share."""

from __future__ import annotations

from dlcli.errors import ConfigError


def check_dropout(dropout: float) -> None:
    """Raise ConfigError unless ``dropout`` is in [0, 1)."""
    if not 0 <= dropout < 1:
        raise ConfigError(f"model.net.dropout: {dropout} is not in [0, 1)")
