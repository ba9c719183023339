"""Recorded runs as a pandas table, with numbers as numbers and times as times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlcli.comparison.differences import value
from dlcli.comparison.entry import put_right
from dlcli.comparison.option import option
from dlcli.tracking.run_record import RunRecord

if TYPE_CHECKING:
    import pandas

    from dlcli.comparison.compare import Comparison

TRUTHS = {"True": True, "False": False}
MISSING = "None"  # how a parameter that is not set is recorded
FACTS: dict[str, Callable[[RunRecord], Any]] = {
    "run_id": lambda one: one.id,
    "run_name": lambda one: one.name,
    "kind": lambda one: one.tags.get("dlcli.kind"),
    "status": lambda one: one.status,
    "reason": lambda one: one.reason,
    "experiment": lambda one: one.experiment,
    "parent_run_id": lambda one: one.parent_id,
    "started": lambda one: round(one.started * 1000),
    "duration_s": lambda one: one.duration_s,
    "model": lambda one: option(one, "model"),
    "data": lambda one: option(one, "data"),
}


def frame(records: Sequence[RunRecord]) -> pandas.DataFrame:
    """One row a run, in the order of the records.

    Columns: ``run_id``, ``run_name``, ``kind``, ``status``, ``reason``, ``experiment``,
    ``parent_run_id``, ``started`` (with time zone UTC), ``duration_s``, ``model``, ``data``,
    then ``params.NAME`` and ``metrics.NAME`` by name; what a run does not have is missing.
    """
    import pandas

    table = pandas.DataFrame([_facts(one) for one in records], columns=list(FACTS))
    table["started"] = pandas.to_datetime(table["started"], unit="ms", utc=True)
    table["duration_s"] = table["duration_s"].astype("float64")
    params = _columns("params", [one.params for one in records])
    metrics = _columns("metrics", [one.metrics for one in records])
    typed = {name: typed_column(values) for name, values in params.items()}
    numbers = {
        name: pandas.Series(
            [None if one is None else put_right(one) for one in values], dtype="float64"
        )
        for name, values in metrics.items()
    }
    return pandas.concat([table, pandas.DataFrame(typed), pandas.DataFrame(numbers)], axis=1)


def compared(comparison: Comparison) -> pandas.DataFrame:
    """One row for each row of a comparison, in its order.

    Columns: ``run``, ``run_ids`` and ``seeds`` (lists), ``n``, ``status``, then ``params.NAME`` of
    what differs, and of each score and cost ``metrics.NAME``, the mean, and ``metrics.NAME.std``.
    """
    import pandas

    groups = comparison.groups
    facts = {
        "run": [group.name for group in groups],
        "run_ids": [[one.record.id for one in group.entries] for group in groups],
        "seeds": [group.seeds for group in groups],
        "n": [group.n for group in groups],
        "status": [group.entries[0].record.status for group in groups],
    }
    params = {
        f"params.{name}": typed_column([value(group.settings, name) or None for group in groups])
        for name in comparison.differences.names
    }
    metrics = {}
    for name in (column.metric for column in comparison.columns if column.metric):
        means, stds = [one.mean(name) for one in groups], [one.std(name) for one in groups]
        metrics[f"metrics.{name}"] = pandas.Series(means, dtype="float64")
        metrics[f"metrics.{name}.std"] = pandas.Series(stds, dtype="float64")
    return pandas.DataFrame({**facts, **params, **metrics})


def _facts(record: RunRecord) -> list[Any]:
    return [read(record) for read in FACTS.values()]


def _columns(prefix: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = sorted({name for row in rows for name in row})
    return {f"{prefix}.{name}": [row.get(name) for row in rows] for name in names}


def typed_column(texts: Sequence[str | None]) -> pandas.Series:
    """Texts as whole numbers, numbers or truth values where all of them are; ``None`` is missing.

    Returns:
        A column of dtype Int64, float64, boolean, or the texts as they are.
    """
    import pandas

    known = [None if text == MISSING else text for text in texts]
    present = [text for text in known if text is not None]
    if not present:
        return pandas.Series(known, dtype="object")
    if all(text in TRUTHS for text in present):
        return pandas.Series([TRUTHS.get(text or "") for text in known], dtype="boolean")
    for parse, dtype in ((int, "Int64"), (float, "float64")):
        try:
            numbers = [None if text is None else parse(text) for text in known]
            return pandas.Series(numbers, dtype=dtype)
        except (ValueError, OverflowError):
            continue
    return pandas.Series(known)


def _number(value: float | None) -> float | None:
    return None if value is None else put_right(value)
