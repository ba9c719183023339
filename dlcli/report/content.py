"""What a report is made of: texts, tables and pictures, free of how they are laid out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_NUMBER = re.compile(r"[-+]?[\d,.]+(e[-+]?\d+)?( ?[kMGT%]?B?| s| ms)?( ± [\d.e+-]+)?\*?\s*\Z")
Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Picture:
    """A figure.

    Args:
        caption: what it shows, also read aloud in its place.
        uri: its content, as ``data:…``.
    """

    caption: str
    uri: str


@dataclass(frozen=True)
class Table:
    """Columns of text.

    Args:
        columns: their headings.
        rows: a text for each column.
        marked: the positions of the rows that stand out.
        note: about what is not in it.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: Sequence[int] = ()
    note: str = ""

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold nothing but numbers, which are aligned to the right."""
        columns = [[row[place] for row in self.rows] for place in range(len(self.columns))]
        return [any(cells) and all(map(_is_number, filter(None, cells))) for cells in columns]


@dataclass(frozen=True)
class Part:
    """What is told of one run or sweep; what is empty is left out.

    Args:
        name: of the run.
        id: of the run.
        verdict: what came of it, in a sentence or two.
        facts: what it is.
        params: what a sweep searched, and the best of it.
        curves: over its training; of a sweep, over that of its best trial.
        scores: its metrics.
        figures: that it drew, and its evaluations.
        trials: of a sweep.
        changed: what is not as the defaults have it.
        cost: what it took.
        environment: where it ran.
        commands: to look closer, go on and repeat.
        config: resolved, as YAML.
        diff: what was not committed.
        notes: what is missing here.
    """

    name: str
    id: str
    verdict: str
    facts: Facts = ()
    params: Table | None = None
    curves: Sequence[Picture] = ()
    scores: Table | None = None
    figures: Sequence[Picture] = ()
    trials: Table | None = None
    changed: Table | None = None
    cost: Facts = ()
    environment: Facts = ()
    commands: Sequence[str] = ()
    config: str = ""
    diff: str = ""
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """A whole page.

    Args:
        title: of the page.
        verdict: what to know first, a sentence each; a line that begins with blanks is a command.
        parts: one a run.
        comparison: of several runs.
        curves: of several runs, in one panel each.
        warnings: why a comparison may not be fair.
        made: when, and by which version.
    """

    title: str
    verdict: Sequence[str]
    parts: Sequence[Part]
    comparison: Table | None = None
    curves: Sequence[Picture] = field(default_factory=list)
    warnings: Sequence[str] = ()
    made: str = ""


def _is_number(text: str) -> bool:
    return bool(_NUMBER.match(text.strip())) or text.strip() in ("nan", "inf", "-inf")
