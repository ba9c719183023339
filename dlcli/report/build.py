"""From recorded runs to the content of a report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlcli import __version__
from dlcli.comparison.compare import Comparison, Wish, compare
from dlcli.comparison.detail import Detail
from dlcli.comparison.entry import Entry
from dlcli.comparison.family import Family
from dlcli.comparison.table import plain
from dlcli.comparison.verdict import judged, sentences
from dlcli.report.content import Part, Picture, Report, Table
from dlcli.report.pictures import curves_of_several
from dlcli.report.run import number, run_part, when
from dlcli.report.sweep import sweep_part
from dlcli.tracking.history import read_history
from dlcli.tracking.names import told_apart

SWEEP = "sweep"


@dataclass(frozen=True)
class Subject:
    """A run that a report is about.

    Args:
        detail: what is recorded of it.
        relatives: its sweep, trials and evaluations.
        commands: to go on with.
    """

    detail: Detail
    relatives: Family
    commands: Sequence[str]


def build(subjects: Sequence[Subject]) -> Report:
    """The report on one run or several.

    Args:
        subjects: in the order in which they are told of.
    """
    parts = [_part(one) for one in subjects]
    made = f"Made by dlcli {__version__} on {when(time.time())}."
    if len(parts) == 1:
        return Report(parts[0].name, [parts[0].verdict], parts, made=made)
    title = f"{len(parts)} runs: {', '.join(part.name for part in parts)}"
    compared = [one for one in subjects if one.detail.kind != SWEEP]
    if len(compared) < 2:
        return Report(title, _verdicts(parts), parts, made=made)
    comparison = compare([_entry(one) for one in _newest_first(compared)], Wish())
    return Report(
        title,
        [_best(comparison), *sentences(comparison, judged(comparison))],
        parts,
        _table(comparison),
        _curves(compared, comparison.metric),
        comparison.warnings,
        made,
    )


def _part(subject: Subject) -> Part:
    make = sweep_part if subject.detail.kind == SWEEP else run_part
    return make(subject.detail, subject.relatives, subject.commands)


def _verdicts(parts: Sequence[Part]) -> list[str]:
    return [f"{part.name}: {part.verdict}" for part in parts]


def _best(comparison: Comparison) -> str:
    """Which rows have the best mean of the main score."""
    metric = comparison.metric
    if not metric:
        return "The runs have no score in common."
    best = [comparison.groups[row] for row in comparison.best(metric)]
    if not best:
        return f"No run is better than the others in {metric}."
    names = " and ".join(group.name for group in best)
    mean = best[0].mean(metric)
    return f"Best in {metric}: {names}, with {'' if mean is None else number(mean)}."


def _newest_first(subjects: Sequence[Subject]) -> list[Subject]:
    def age(one: Subject) -> tuple[float, str]:
        return one.detail.record.started, one.detail.record.id

    return sorted(subjects, key=age, reverse=True)


def _entry(subject: Subject) -> Entry:
    record, parent = subject.detail.record, subject.relatives.parent
    source = parent if subject.detail.kind == "evaluate" and parent is not None else record
    return Entry(record, source)


def _table(comparison: Comparison) -> Table:
    headings, rows = plain(comparison)
    best = comparison.best(comparison.metric)
    left_out = comparison.differences.left_out
    note = f"Not shown of what differs: {left_out}." if left_out else ""
    return Table(headings, [[cell.strip() for cell in row] for row in rows], best, note)


def _curves(subjects: Sequence[Subject], metric: str) -> list[Picture]:
    """The validation's curve of the main score, and of the loss."""
    records = [one.detail.record for one in subjects]
    names = told_apart([one.name for one in records], [one.id for one in records])
    folders = dict(zip(names, (one.folder for one in records), strict=True))
    histories: Mapping[str, dict[str, list[tuple[int, float]]]] = {
        name: read_history(folder) for name, folder in folders.items() if folder is not None
    }
    quantities = dict.fromkeys([metric.rpartition("/")[2], "loss"])
    return [p for one in quantities for p in curves_of_several(histories, f"val/{one}")]
