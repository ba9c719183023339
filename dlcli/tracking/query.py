"""Recorded runs: listed, and found by what people call them."""

from __future__ import annotations

import contextlib
import difflib
import math
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dlcli.errors import ConfigError, StoreError
from dlcli.tracking import spool, sqlite
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.store import Store
from dlcli.tracking.uri import resolve

INFINITE = 1.797e308  # what MLflow writes for an infinite number
ASIDE = ("evaluate", "sweep")  # kinds of run (tag dlcli.kind) that `latest` and `best:` pass over


@dataclass(frozen=True)
class RunRecord:
    """What is known of one run.

    Args:
        started: seconds since 1970.
        duration_s: None while it runs.
        metrics: the last value of each.
        folder: the run's folder here; None where it was recorded on another machine.
    """

    id: str
    name: str
    status: str
    reason: str
    started: float
    duration_s: float | None
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str]
    folder: Path | None
    experiment: str = ""
    parent_id: str | None = None


def list_runs(settings: MLflow | NoTracking, root: Path) -> list[RunRecord]:
    """All runs of the settings' experiment, newest first.

    Raises:
        StoreError: the store cannot be read.
    """
    records = _all(settings, root)
    if isinstance(settings, MLflow):
        records = [one for one in records if one.experiment in (settings.experiment, "")]
    return records


def find(settings: MLflow | NoTracking, root: Path, reference: str) -> RunRecord:
    """The run that ``reference`` means: an id or the beginning of one, a name, ``latest`` or
    ``best:METRIC``.

    Raises:
        ConfigError: it means no run, or several.
        StoreError: the store cannot be read.
    """
    return pick(_all(settings, root), reference, getattr(settings, "experiment", None))


def pick(records: list[RunRecord], reference: str, experiment: str | None) -> RunRecord:
    """`find` among ``records``, which are sorted newest first."""
    here = [one for one in records if experiment is None or one.experiment in (experiment, "")]
    if not records:
        raise ConfigError(f"RUN {reference!r}: no runs are recorded here; start one: dlcli train")
    if reference == "latest":
        return _latest(here)
    if reference.startswith("best:"):
        return _best(here, reference.removeprefix("best:"))
    return _named(records, here, reference)


def _latest(records: list[RunRecord]) -> RunRecord:
    for one in records:
        if one.tags.get("dlcli.kind") not in ASIDE:
            return one
    raise ConfigError("RUN 'latest': no runs are recorded in this experiment")


def _best(records: list[RunRecord], metric: str) -> RunRecord:
    records = [one for one in records if one.tags.get("dlcli.kind") not in ASIDE]
    scored = [(score, one) for one in records if (score := _score(one, metric)) is not None]
    if not scored:
        names = {name.removeprefix("best/") for one in records for name in one.metrics}
        raise ConfigError(
            f"RUN 'best:{metric}': no run has a finite {metric!r}{_near(metric, sorted(names))}"
        )
    sign = -1 if _direction(records, metric) == "max" else 1
    return min(scored, key=lambda pair: (sign * pair[0], pair[1].started))[1]


def _score(record: RunRecord, metric: str) -> float | None:
    value = record.metrics.get(f"best/{metric}", record.metrics.get(metric))
    if value is None or not math.isfinite(value) or abs(value) >= INFINITE:
        return None
    return value


def _direction(records: list[RunRecord], metric: str) -> str:
    for one in records:
        mode = one.tags.get(f"dlcli.mode.{metric.removeprefix('best/')}")
        if mode in ("min", "max"):
            return mode
    raise ConfigError(
        f"RUN 'best:{metric}': no run says whether a higher or a lower {metric} is better; "
        "see dlcli runs and name one"
    )


def _named(records: list[RunRecord], here: list[RunRecord], reference: str) -> RunRecord:
    exact = [one for one in records if one.id == reference]
    named = [one for one in here if one.name == reference]
    begin = [one for one in records if len(reference) >= 3 and one.id.startswith(reference)]
    found = exact or named or begin
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.id[:8] if named else one.id[:12] for one in found[:5])
        raise ConfigError(f"RUN {reference!r}: {len(found)} runs match; name one by its id: {ids}")
    names = [one.name for one in here] + [one.id[:8] for one in records]
    raise ConfigError(f"RUN {reference!r}: no such run{_near(reference, names)}; see dlcli runs")


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, list(dict.fromkeys(known)), 3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _all(settings: MLflow | NoTracking, root: Path) -> list[RunRecord]:
    if isinstance(settings, NoTracking):
        return _sorted(from_folders(root))
    target = resolve(settings, root)
    if target.path is not None:
        return merge(from_sqlite(target.path), root)
    return merge(from_client(Store(target, settings.experiment, root)), root)


def merge(stored: list[RunRecord], root: Path) -> list[RunRecord]:
    """The store's records, with the folders here and what these know and the store does not."""
    records = {}
    for one in stored:
        run_id = one.tags.get("dlcli.run_id", one.id)
        folder = root / "runs" / run_id
        records[run_id] = replace(one, id=run_id, folder=folder if folder.is_dir() else None)
    for local in from_folders(root, only_open=True):
        records[local.id] = local
    for path in (root / "runs").glob("*"):
        if path.name not in records and (untracked := _untracked(RunFolder(root, path.name))):
            records[path.name] = untracked
    return _sorted(list(records.values()))


def _untracked(folder: RunFolder) -> RunRecord | None:
    """A run that was recorded in its folder alone; None for one that a store knows of."""
    info = folder.read()
    return from_folder(folder) if info is not None and not info.uri else None


def _sorted(records: list[RunRecord]) -> list[RunRecord]:
    return sorted(records, key=lambda one: (one.started, one.id), reverse=True)


def from_folders(root: Path, only_open: bool = False) -> list[RunRecord]:
    """The runs with a folder in ``root``; ``only_open``: those the store may not know fully."""
    ids = (path.name for path in (root / ("open" if only_open else "runs")).glob("*"))
    records = (from_folder(RunFolder(root, run_id)) for run_id in ids)
    return [record for record in records if record is not None]


def from_folder(folder: RunFolder) -> RunRecord | None:
    """What a run's own folder says; None where that is no run."""
    info = folder.read()
    if info is None:
        return None
    values: dict[str, dict[str, Any]] = {"metric": {}, "param": {}, "tag": dict(info.tags)}
    for line, _ in spool.read(folder.spool):
        if line.get("kind") in values:
            values[line["kind"]] |= line["values"]
    tags = values["tag"]
    return RunRecord(
        info.id,
        info.name,
        info.status,
        info.reason,
        info.created / 1000,
        None if info.ended is None else (info.ended - info.created) / 1000,
        {name: float(value) for name, value in values["metric"].items()},
        values["param"],
        tags,
        folder.path,
        info.experiment,
        tags.get("mlflow.parentRunId"),
    )


_RUNS = """
    SELECT r.run_uuid, r.name, r.status, r.start_time, r.end_time, e.name
    FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id
    WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
"""
_VALUES = {
    "metrics": "SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END "
    "FROM latest_metrics",
    "params": "SELECT run_uuid, key, value FROM params",
    "tags": "SELECT run_uuid, key, value FROM tags",
}


def from_sqlite(path: Path) -> list[RunRecord]:
    """The runs in an SQLite store, read without MLflow, whose import takes seconds.

    Raises:
        StoreError: the file is damaged, locked, or no MLflow store.
    """
    if not path.exists():
        return []
    try:
        with contextlib.closing(sqlite.connect(path)) as database:
            runs = database.execute(_RUNS).fetchall()
            values: dict[str, dict[str, dict[str, Any]]] = {}
            for kind, query in _VALUES.items():
                of_run = values.setdefault(kind, {})
                for run_id, key, value in database.execute(query):
                    of_run.setdefault(run_id, {})[key] = value
    except sqlite3.Error as error:
        sqlite.check(path)
        raise StoreError(f"{path}: cannot be read ({error}); see dlcli doctor") from error
    return [_record(row, {kind: values[kind].get(row[0], {}) for kind in values}) for row in runs]


def _record(row: tuple[Any, ...], values: dict[str, dict[str, Any]]) -> RunRecord:
    run_id, name, status, start, end, experiment = row
    metrics = {k: math.nan if v is None else float(v) for k, v in values["metrics"].items()}
    tags = values["tags"]
    return RunRecord(
        run_id,
        name or "",
        status,
        tags.get("dlcli.reason", ""),
        (start or 0) / 1000,
        None if end is None or status == "RUNNING" else (end - (start or 0)) / 1000,
        metrics,
        values["params"],
        tags,
        None,
        experiment,
        tags.get("mlflow.parentRunId"),
    )


def from_client(store: Store) -> list[RunRecord]:
    """The runs of the store's experiment, asked through MLflow.

    Raises:
        StoreError: the store cannot be used.
    """
    return [
        _record(
            (
                run.info.run_id,
                run.info.run_name,
                run.info.status,
                run.info.start_time,
                run.info.end_time,
                store.experiment,
            ),
            {
                "metrics": dict(run.data.metrics),
                "params": dict(run.data.params),
                "tags": dict(run.data.tags),
            },
        )
        for run in store.search()
    ]
