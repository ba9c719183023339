"""One thing that is wrong with a configuration, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dlcli.config.redact import MASK, is_secret, redact_override, redact_text


@dataclass(frozen=True)
class Problem:
    """What is wrong at one dotted key."""

    key: str
    text: str


def shown(key: str, value: Any) -> str:
    """Return a value for a message: short, and never a secret."""
    if is_secret(key):
        return MASK
    text = {None: "null", True: "true", False: "false"}.get(value) if _is_word(value) else None
    text = repr(value) if text is None else text
    return redact_text(text if len(text) <= 60 else f"{text[:57]}...")


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def origin_of(key: str, origins: Mapping[str, str]) -> str:
    """Return where a key was written, or else the nearest key above it."""
    while key:
        for written in (key, f"{key}._target_"):
            if written in origins:
                return origins[written]
        key = key.rpartition(".")[0]
    return next(iter(origins.values()), "")


def messages(
    problems: Iterable[Problem], origins: Mapping[str, str], secrets: Iterable[str]
) -> list[str]:
    """Return one line a problem: ``FILE: key: what``, or ``override KEY=VALUE: what``."""
    hidden = list(secrets)
    lines = []
    for problem in problems:
        origin = origin_of(problem.key, origins)
        if origin.startswith("override "):
            place = f"override {redact_override(origin.removeprefix('override '), hidden)}"
            key = _overridden(origin)
            place += "" if key == problem.key else f": {problem.key}"
        else:
            place = f"{origin.partition(' (')[0]}: {problem.key}"
        lines.append(f"{place}: {redact_text(problem.text, hidden)}")
    return list(dict.fromkeys(lines))


def _overridden(origin: str) -> str:
    return origin.removeprefix("override ").partition("=")[0].lstrip("+~")
