"""Names and texts that fit where they are written."""

from __future__ import annotations

from collections.abc import Sequence

from dlcli.figure import plain

LONGEST = 14  # characters of a name along an axis


def shortened(name: str, longest: int = LONGEST) -> str:
    """A text of at most so many characters."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def without_middle(name: str, longest: int = LONGEST) -> str:
    """A text of at most so many characters, those of its beginning and of its end."""
    end = (longest - 1) // 2
    return name if len(name) <= longest else f"{name[: longest - 1 - end]}…{name[-end:]}"


def labels(names: Sequence[str], longest: int = LONGEST) -> list[str]:
    """Names in a figure, shortened in their middle where only the ends tell them apart."""
    cut = [shortened(name, longest) for name in names]
    if len(set(cut)) < len(set(names)):
        cut = [without_middle(name, longest) for name in names]
    return [plain(name) for name in cut]


def label(name: str, longest: int = LONGEST) -> str:
    """A name in a figure, shortened and as it is."""
    return plain(shortened(name, longest))
