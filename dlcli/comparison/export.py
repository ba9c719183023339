"""A comparison for programs: all numbers as they are, as CSV or as plain containers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from dlcli.comparison.columns import COSTS, Column, N, text
from dlcli.comparison.compare import Comparison
from dlcli.comparison.differences import value
from dlcli.comparison.groups import Group
from dlcli.comparison.noise import Pair
from dlcli.comparison.verdict import Verdict


def as_csv(comparison: Comparison) -> str:
    """A line for each row: of each number the mean, and the standard deviation as ``NAME std``."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    columns = _csv_columns(comparison)
    writer.writerow(["run_ids", "seeds", *columns])
    for group in comparison.groups:
        ids = " ".join(one.record.id for one in group.entries)
        cells = [_cell(group, column, name) for name, column in columns.items()]
        writer.writerow([ids, " ".join(group.seeds), *cells])
    return file.getvalue()


def _csv_columns(comparison: Comparison) -> dict[str, Column]:
    columns = {}
    for column in comparison.columns:
        columns[column.metric or column.name] = column
        if column.metric:
            columns[f"{column.metric} std"] = column
    columns.setdefault(N, Column(N))
    return columns


def _cell(group: Group, column: Column, name: str) -> str | float | None:
    if not column.metric:
        return text(group, column)
    return group.std(column.metric) if name.endswith(" std") else group.mean(column.metric)


def as_json(comparison: Comparison, verdict: Verdict) -> dict[str, Any]:
    """The comparison in plain containers, rows by their position in ``groups``."""
    names = comparison.differences.names
    return {
        "metric": comparison.metric or None,
        "direction": comparison.direction(comparison.metric),
        "best": comparison.best(comparison.metric),
        "differences": names,
        "groups": [_group(group, comparison) for group in comparison.groups],
        "comparisons": [_pair(verdict, one, comparison) for one in verdict.pairs],
        "needs": [vars(need) for need in verdict.needs],
        "warnings": comparison.warnings,
    }


def _group(group: Group, comparison: Comparison) -> dict[str, Any]:
    entries = group.entries
    scores = dict.fromkeys([*comparison.scores, *(name for one in entries for name in one.scores)])
    return {
        "run_ids": [one.record.id for one in entries],
        "run_names": [one.record.name for one in entries],
        "repeated_run_ids": [one.record.id for one in group.repeats],
        "seeds": group.seeds,
        "n": group.n,
        "status": entries[0].record.status,
        "reason": entries[0].record.reason,
        "params": {name: value(group.settings, name) for name in comparison.differences.names},
        "metrics": {name: _numbers(group, name) for name in scores if group.values(name)},
        "cost": {name: _numbers(group, name) for name in COSTS.values() if group.values(name)},
    }


def _numbers(group: Group, metric: str) -> Mapping[str, Any]:
    values = [one.value(metric) for one in group.entries]  # None where a run has none
    return {"mean": group.mean(metric), "std": group.std(metric), "values": values}


def _pair(verdict: Verdict, pair: Pair, comparison: Comparison) -> dict[str, Any]:
    test = pair.welch
    return {
        "best": verdict.best,
        "other": pair.other,
        "difference": pair.difference,
        "interval": [test.low, test.high] if test else None,
        "t": test.t if test else None,
        "df": test.df if test else None,
        "p": test.p if test else None,
        "p_corrected": pair.p,
        "differs": pair.differs,
    }
