"""The names that a mistyped one may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, choices: Iterable[str], count: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return at most ``count`` of the choices that look like ``name``, the likest first."""
    known = list(dict.fromkeys(choices))
    lower = {choice.lower(): choice for choice in reversed(known)}
    matches = get_close_matches(name.lower(), list(lower), n=count, cutoff=cutoff)
    return [lower[match] for match in matches]


def nearest_keys(key: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the dotted keys that look like ``key``: siblings first, then the same last part."""
    keys = list(dict.fromkeys(known))
    parent, _, last = key.rpartition(".")
    siblings = {k.rpartition(".")[2]: k for k in keys if k.rpartition(".")[0] == parent}
    found = [siblings[name] for name in nearest(last, siblings, count)]
    same_end = [k for k in keys if k.rpartition(".")[2] == last]
    inside = [k for k in keys if not key.startswith(f"{k}.")]
    similar = nearest(key, inside, count, 0.75) if not (found or same_end) else []
    return list(dict.fromkeys(found + same_end + similar))[:count]


def did_you_mean(names: list[str]) -> str:
    """Return ``; did you mean a or b?``, or nothing where there are no names."""
    return f"; did you mean {' or '.join(names)}?" if names else ""


def listing(names: Iterable[str], limit: int = 20) -> str:
    """Return the names in one line, cut with their count where there are very many."""
    known = list(names)
    shown = ", ".join(known[:limit])
    return shown if len(known) <= limit else f"{shown}, … ({len(known)} in all)"
