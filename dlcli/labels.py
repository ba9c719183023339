"""Names and texts that fit where they are written."""

from __future__ import annotations

from collections.abc import Sequence

from dlcli.figure import plain

LONGEST = 14  # characters of a name along an axis


def shortened(name: str, longest: int = LONGEST, end: int = 0) -> str:
    """A text of at most so many characters, of which the last ``end`` stay."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - 1 - end]}…{name[len(name) - end :]}"


def labels(names: Sequence[str], longest: int = LONGEST) -> list[str]:
    """Names in a figure, shortened at their end, or where else different ones still differ.

    Names that no such cut tells apart are numbered.
    """
    for end in (0, (longest - 1) // 2, *range(1, longest - 1)):
        cut = [shortened(name, longest, end) for name in names]
        if len(set(cut)) == len(set(names)):
            return [plain(name) for name in cut]
    number = {name: index for index, name in enumerate(dict.fromkeys(names))}
    room = max(2, longest - len(f"{len(number) - 1}: "))
    return [plain(f"{number[name]}: {shortened(name, room)}") for name in names]


def label(name: str, longest: int = LONGEST) -> str:
    """A name in a figure, shortened and as it is."""
    return plain(shortened(name, longest))
