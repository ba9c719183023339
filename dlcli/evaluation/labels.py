"""Names and texts that fit where they are written."""

from __future__ import annotations

from dlcli.figure import plain

LONGEST = 14  # characters of a name along an axis


def shortened(name: str, longest: int = LONGEST) -> str:
    """A text of at most so many characters."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def label(name: str, longest: int = LONGEST) -> str:
    """A name in a figure, shortened and as it is."""
    return plain(shortened(name, longest))
