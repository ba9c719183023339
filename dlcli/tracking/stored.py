"""The runs that a store knows: straight from its SQLite file, or asked through MLflow."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Any

from dlcli.errors import StoreError
from dlcli.tracking import sqlite
from dlcli.tracking.run_record import ALL, Only, RunRecord, record_of
from dlcli.tracking.store import Store

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


def from_sqlite(path: Path, only: Only = ALL) -> list[RunRecord]:
    """The runs in an SQLite store, read without MLflow, whose import takes seconds.

    Raises:
        StoreError: the file is damaged, locked, or no MLflow store.
    """
    if not path.exists():
        return []
    try:
        with contextlib.closing(sqlite.connect(path)) as database:
            rows = _select(database, _RUNS, [("r.run_uuid", only.runs)])
            values = {kind: _values(database, kind, only) for kind in _VALUES}
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    return [record_of(row, {kind: values[kind].get(row[0], {}) for kind in values}) for row in rows]


def experiments_in(path: Path) -> list[str]:
    """The names of the experiments in an SQLite store.

    Raises:
        StoreError: the file is damaged, locked, or no MLflow store.
    """
    return _names(path, "SELECT name FROM experiments WHERE lifecycle_stage = 'active'")


def metrics_in(path: Path) -> list[str]:
    """The names of the metrics in an SQLite store.

    Raises:
        StoreError: the file is damaged, locked, or no MLflow store.
    """
    return _names(path, "SELECT DISTINCT key FROM latest_metrics")


def _names(path: Path, query: str) -> list[str]:
    if not path.exists():
        return []
    try:
        with contextlib.closing(sqlite.connect(path)) as database:
            return [row[0] for row in database.execute(query)]
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: sqlite3.Error) -> StoreError:
    sqlite.check(path)
    return StoreError(f"{path}: cannot be read ({error}); see dlcli doctor")


def _values(database: sqlite3.Connection, kind: str, only: Only) -> dict[str, dict[str, Any]]:
    """The values of one kind, by run."""
    names = getattr(only, kind)
    found: dict[str, dict[str, Any]] = {}
    if names is None or names:
        limits = [("key", names), ("run_uuid", only.runs)]
        for run_id, key, value in _select(database, _VALUES[kind], limits):
            found.setdefault(run_id, {})[key] = value
    return found


def _select(
    database: sqlite3.Connection, query: str, limits: list[tuple[str, Collection[str] | None]]
) -> list[tuple[Any, ...]]:
    """The rows whose columns have one of the values asked for; as JSON, so in any number."""
    given = [(column, json.dumps(list(values))) for column, values in limits if values is not None]
    tests = [f"{column} IN (SELECT value FROM json_each(?))" for column, _ in given]
    if tests:
        query += (" AND " if "WHERE" in query else " WHERE ") + " AND ".join(tests)
    return database.execute(query, [values for _, values in given]).fetchall()


def from_client(store: Store) -> list[RunRecord]:
    """The runs of the store's experiment, asked through MLflow.

    Raises:
        StoreError: the store cannot be used.
    """
    return [
        record_of(
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
