"""Write the values of a point as overrides in Hydra's grammar, which reads them back the same."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

# Text that the grammar reads as itself without quotes; one of its words is something else.
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[/.-][A-Za-z0-9_]+)*")
_WORDS = {"null", "true", "false", "inf", "nan"}


class Unwritable(Exception):
    """A value that the grammar has no words for; the text says why."""


def point_overrides(params: Mapping[str, Any]) -> list[str]:
    """Return the overrides that set a point's values, not quoted for a shell."""
    return [f"{key}={value_text(value)}" for key, value in params.items()]


def value_text(value: Any) -> str:
    """Return a value as it stands behind the = of an override.

    Raises:
        Unwritable: no override can hold it: a line break, or a mapping's key that is no name.
    """
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_key(name)}:{value_text(value[name])}" for name in value) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(value_text(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value)


def _key(name: Any) -> str:
    if not isinstance(name, str) or not _is_bare(name):
        raise Unwritable(f"{name!r} is no key that an override can write; use a plain name")
    return name


def _text(text: str) -> str:
    if "\n" in text or "\0" in text:
        raise Unwritable(f"{text!r} has a line break or a NUL in it, which an override cannot have")
    if _is_bare(text):
        return text
    from hydra.core.override_parser.types import Quote, QuotedString

    return str(QuotedString(text, Quote.single).with_quotes())


def _is_bare(text: str) -> bool:
    return _BARE.fullmatch(text) is not None and text.lower() not in _WORDS
