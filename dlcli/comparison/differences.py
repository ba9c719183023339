"""Which parameters differ between runs, and which of these say something of their own."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dlcli.comparison.settings import is_bookkeeping, is_file

# In which order the groups of a configuration are read, and shown.
ORDER = (
    "experiment",
    "model",
    "data",
    "init",
    "optimizer",
    "trainer",
    "scheduler",
    "regularizer",
    "callbacks",
)
TARGET = "._target_"
DIGITS = 8  # characters of a number that is shown as it is
LONGEST = 40  # characters of any other value

Row = Mapping[str, str]


@dataclass(frozen=True)
class Differences:
    """The parameters that differ.

    Args:
        names: of those that say something of their own, in the order to show them; a part of the
            configuration that another class stands for goes by the part's name.
        following: how many follow from another one, by its name.
        bookkeeping: those that have no part in what comes out.
    """

    names: list[str]
    following: Mapping[str, int] = field(default_factory=dict)
    bookkeeping: Sequence[str] = ()

    @property
    def left_out(self) -> str:
        """What differs and is not shown, in words; "" for nothing."""
        told = [
            f"{count} that follow{'s' if count == 1 else ''} from {name}"
            for name, count in self.following.items()
        ]
        if self.bookkeeping:
            told.append(f"{', '.join(self.bookkeeping)} (no part in the result)")
        return "; ".join(told)


def value(row: Row, name: str) -> str:
    """What is shown of a parameter of one row; "" where it has none."""
    if name in row or name + TARGET not in row:
        return row.get(name, "")
    return row[name + TARGET].rpartition(".")[2]


def shown(row: Row, name: str) -> str:
    """The same for people: a number with four digits, a long text cut."""
    text = value(row, name)
    if len(text) <= DIGITS:
        return text
    with contextlib.suppress(ValueError):
        return f"{float(text):.4g}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def everything(rows: Sequence[Row]) -> Differences:
    """All parameters that differ."""
    return Differences(_sorted(_differing(rows)))


def differences(
    rows: Sequence[Row], typed: Iterable[str] = (), same_data: bool = False
) -> Differences:
    """The parameters that differ, without those that only follow from another.

    A parameter follows from the option of its group, or from the class of its part, where it is
    the same in all runs of that; and from another parameter that has the same value in all runs.
    What was given on the command line follows from nothing.

    Args:
        rows: the settings of each row; those that nobody recorded are left aside.
        typed: the keys given on the command line of one run or another.
        same_data: the data of all rows is known to be the same, whatever file it is in.
    """
    said = frozenset(typed)
    known = [row for row in rows if row]
    differing = _sorted(_differing(known))
    left = [name for name in differing if is_bookkeeping(name) or (same_data and is_file(name))]
    names = [name for name in differing if name not in left]
    counts: Counter[str] = Counter()
    for explain in (_parts(known, names), _equals(known)):
        names = _without(names, said, explain, counts)
    shown = [name.removesuffix(TARGET) for name in names]
    return Differences(list(dict.fromkeys(shown)), dict(counts), left)


Explain = Callable[[str, Sequence[str]], str | None]


def _without(
    names: Sequence[str], said: frozenset[str], explain: Explain, counts: Counter[str]
) -> list[str]:
    """Leave out what is explained by those that stay, and count it."""
    kept: list[str] = []
    for name in sorted(names, key=lambda name: name not in said):
        reason = None if name in said else explain(name, kept)
        if reason is None:
            kept.append(name)
        else:
            counts[reason] += 1
    return [name for name in names if name in kept]


def _parts(rows: Sequence[Row], names: Sequence[str]) -> Explain:
    """What a parameter's group or part is made of, where that decides it."""
    parts = [name for name in names if "." not in name or name.endswith(TARGET)]
    deciding = sorted(parts, key=lambda name: (name.count("."), len(name)))

    def explain(name: str, kept: Sequence[str]) -> str | None:
        for part in deciding:
            stem = part.removesuffix(TARGET)
            if part != name and name.startswith(f"{stem}.") and _decides(rows, part, name):
                return stem
        return None

    return explain


def _decides(rows: Sequence[Row], part: str, name: str) -> bool:
    """Whether all rows that agree in ``part`` agree in ``name``."""
    found: dict[str | None, str | None] = {}
    return all(found.setdefault(row.get(part), row.get(name)) == row.get(name) for row in rows)


def _equals(rows: Sequence[Row]) -> Explain:
    """The parameter that has the same value in every row."""

    def explain(name: str, kept: Sequence[str]) -> str | None:
        for other in kept:
            if all(row.get(other) == row.get(name) for row in rows):
                return other.removesuffix(TARGET)
        return None

    return explain


def _differing(rows: Sequence[Row]) -> Iterator[str]:
    for name in dict.fromkeys(name for row in rows for name in row):
        if any(row.get(name) != rows[0].get(name) for row in rows[1:]):
            yield name


def _sorted(names: Iterable[str]) -> list[str]:
    """In the order of the configuration's groups, each group's option first."""

    def place(name: str) -> tuple[int, bool, str]:
        group = name.partition(".")[0]
        rank = ORDER.index(group) if group in ORDER else len(ORDER)
        return rank, "." in name, name

    return sorted(names, key=place)
