"""Ranges and choices that several families share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from dlcli.errors import ConfigError


def check_dropout(dropout: float, name: str = "dropout") -> None:
    """Raise ConfigError unless ``dropout``, the argument ``name`` of a net, is in [0, 1)."""
    if not 0 <= dropout < 1:
        raise ConfigError(f"model.net.{name}: {dropout} is not in [0, 1)")


def check_positive(**sizes: float) -> None:
    """Raise ConfigError, naming all of them, unless every argument of a net is above 0."""
    wrong = [
        f"model.net.{name}: {size} is not positive" for name, size in sizes.items() if size <= 0
    ]
    if wrong:
        raise ConfigError(wrong)


def check_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Raise ConfigError, with the nearest, unless ``value`` is one of the ``choices``."""
    known = list(choices)
    if value in known:
        return
    close = difflib.get_close_matches(str(value), known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise ConfigError(f"model.net.{name}: {value!r} is unknown; {hint}choices: {', '.join(known)}")
