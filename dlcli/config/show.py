"""The text of ``--print-config``: YAML, with the origin of each value as a trailing comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dlcli.config.compose import Config
from dlcli.config.problem import origin_of
from dlcli.config.redact import redact, redact_override, redact_text

# Text that YAML reads as the same text without quotes.
_BARE = re.compile(r"[A-Za-z_/.][\w/.+-]*(?: [\w/.+-]+)*$")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "none", ".nan", ".inf"}


def show(config: Config) -> str:
    """Return the resolved configuration as YAML, secrets hidden, origins beside the values."""
    lines = list(_lines(redact(config.values), "", 0))
    width = min(max((len(text) for text, _ in lines), default=0), 60)
    shown = []
    for text, key in lines:
        origin = _origin(key, config) if key else ""
        shown.append(f"{text:<{width}}  # {origin}" if origin else text)
    return redact_text("\n".join(shown), config.secrets)


def _origin(key: str, config: Config) -> str:
    origin = origin_of(key, config.origins)
    if origin.startswith("override "):
        return f"override {redact_override(origin.removeprefix('override '))}"
    return origin


def _lines(value: Mapping[Any, Any], key: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield each line with the dotted key of the value in it, empty for a line without one."""
    # what it is comes first, wherever it was written
    for name in sorted(value, key=lambda name: name != "_target_"):
        item = value[name]
        path = f"{key}.{name}" if key else str(name)
        indent = "  " * depth
        if isinstance(item, Mapping) and item:
            yield f"{indent}{name}:", ""
            yield from _lines(item, path, depth + 1)
        else:
            yield f"{indent}{name}: {flow(item)}", path


def flow(value: Any) -> str:
    """Return a value as YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str):
        bare = _BARE.match(value) and value.lower() not in _WORDS
        return value if bare else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return _number(value)
    return {None: "null", True: "true", False: "false"}[value] if _is_word(value) else str(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _number(value: float) -> str:
    special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
    text = repr(value)
    # YAML 1.1 reads 1e-05 as text: a dot makes it a number everywhere.
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return special.get(text, text)
