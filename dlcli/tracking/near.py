"""The recorded names that a mistyped one may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

COUNT = 3


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """At most three of the names: those with the same last part first, then those that look alike.

    ``acc`` is near ``test/acc``, and ``lr`` near ``optimizer.lr``.
    """
    names = list(dict.fromkeys(known))
    if strong := get_close_matches(name, names, COUNT, 0.85):
        return strong
    last = _last(name)
    same = [one for one in names if last and _last(one) == last]
    same.sort(key=lambda one: (not one.startswith("test/"), len(one)))
    return list(dict.fromkeys([*same, *get_close_matches(name, names, COUNT)]))[:COUNT]


def did_you_mean(names: list[str]) -> str:
    """``; did you mean a or b?``, or nothing where there are no names."""
    return f"; did you mean {' or '.join(names)}?" if names else ""


def _last(name: str) -> str:
    return name.replace(".", "/").rpartition("/")[2]
