"""What differs between two runs, for a person."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.cli.page import print_title
from dlcli.tracking.names import told_apart

if TYPE_CHECKING:
    from dlcli.comparison.diff import Difference, Pair, Score, Side

LINES = 60  # of changes of code that are shown
LONGEST = 60  # characters of a value that is shown
CONTEXT = 10  # of them before the first that differs
NONE = "-"


def print_difference(a: Side, b: Side, found: Difference) -> None:
    """Print what differs; of what does not, that it is the same.

    Args:
        a: one run.
        b: the other.
        found: their difference.
    """
    names = _names(a, b)
    if a.detail.record.id == b.detail.record.id:
        print(f"{names[0]} and {names[1]} are one run")
        return
    _print_config(a, b, found, names)
    print(f"code           {found.code.summary}")
    _print_changes(found.code.changes)
    known = [bool(one.source.environment.get("packages")) for one in (a, b)]
    _print_pairs("packages", found.packages, names, "" if all(known) else _unknown(known, names))
    _print_pairs("environment", found.environment, names)
    known = [bool(one.detail.fingerprint) for one in (a, b)]
    _print_pairs("data", found.data, names, "" if all(known) else _unknown(known, names))
    _print_scores("metrics", found.scores, names)
    _print_scores("cost", found.costs, names)
    if found.is_nothing:
        print("\nnothing differs but what it cost")


def _names(a: Side, b: Side) -> tuple[str, str]:
    """What to call the runs: their names, and their ids where these are alike."""
    records = (a.detail.record, b.detail.record)
    if records[0].id == records[1].id:
        return records[0].name, records[1].name
    first, second = told_apart([one.name for one in records], [one.id for one in records])
    return first, second


def _unknown(known: Sequence[bool], names: Sequence[str]) -> str:
    lacking = [name for name, is_known in zip(names, known, strict=True) if not is_known]
    return f"not known: not recorded of {' and '.join(lacking)}"


def _print_config(a: Side, b: Side, found: Difference, names: Sequence[str]) -> None:
    known = [bool(one.source.flat) for one in (a, b)]
    _print_pairs("configuration", found.config, names, "" if all(known) else _unknown(known, names))


def _print_pairs(
    title: str, pairs: Sequence[Pair], names: Sequence[str], unknown: str = ""
) -> None:
    if not pairs or unknown:
        print(f"{title:<15}{unknown or 'the same'}")
        return
    print_title(title)
    rows = [[f"  {one.name}", *side_by_side(one.a, one.b)] for one in pairs]
    output.print_table(["  key", *names], rows)


def side_by_side(a: str | None, b: str | None) -> tuple[str, str]:
    """Two values, of which long ones are shown from where they begin to differ."""
    pairs = zip(a or "", b or "", strict=False)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = alike - CONTEXT if alike > LONGEST - CONTEXT else 0
    return _cut(a, start), _cut(b, start)


def _cut(text: str | None, start: int) -> str:
    if text is None:
        return NONE
    part = text[start : start + LONGEST]
    return f"{'…' if start else ''}{part}{'…' if start + LONGEST < len(text) else ''}"


def _print_changes(changes: Sequence[str]) -> None:
    more = len(changes) - LINES
    shown = [*changes[:LINES], *([f"… {more} more lines: --json"] if more > 0 else [])]
    for line in shown:
        print(f"  {line}")


def _print_scores(title: str, scores: Sequence[Score], names: Sequence[str]) -> None:
    if not scores:
        print(f"{title:<15}none")
        return
    if all(one.difference == 0 for one in scores):
        print(f"{title:<15}the same")
        return
    print_title(title)
    called = {"a": names[0], "b": names[1], "": ""}
    rows = [
        [
            f"  {one.name}",
            _number(one.a),
            _number(one.b),
            "" if one.difference is None else _signed(one.difference),
            called[one.better],
        ]
        for one in scores
    ]
    output.print_table(["  metric", *names, "difference", "better"], rows, ["better"])


def _number(value: float | None) -> str:
    return "" if value is None else output.number(value)


def _signed(value: float) -> str:
    return "0" if value == 0 else f"{value:+.4g}"
