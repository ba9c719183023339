"""Recorded runs: listed, and found by what people call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dlcli.errors import ConfigError
from dlcli.tracking import spool
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.near import did_you_mean, nearest
from dlcli.tracking.ranking import direction, score, standing
from dlcli.tracking.run_record import ALL, INFINITE, Only, RunRecord
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.store import Store
from dlcli.tracking.stored import experiments_in, from_client, from_sqlite, metrics_in
from dlcli.tracking.uri import resolve

__all__ = ["INFINITE", "RunRecord", "Runs", "find", "from_folder", "list_runs", "pick"]

ASIDE = ("evaluate", "sweep")  # kinds of run (tag dlcli.kind) that `latest` and `best:` pass over
KIND, PARENT, LOCAL_ID = "dlcli.kind", "mlflow.parentRunId", "dlcli.run_id"
REASON = "dlcli.reason"
REPRODUCES = "dlcli.reproduces"  # of a run that was trained again: the first one's id


def list_runs(settings: MLflow | NoTracking, root: Path, only: Only = ALL) -> list[RunRecord]:
    """All runs of the settings' experiment, newest first.

    Args:
        only: what to read of them; more may be read.

    Raises:
        StoreError: the store cannot be read.
    """
    records = _all(settings, root, only)
    if isinstance(settings, MLflow):
        records = [one for one in records if one.experiment in (settings.experiment, "")]
    return records


def experiments(settings: MLflow | NoTracking, root: Path) -> list[str]:
    """The names of the experiments that a store knows.

    Raises:
        StoreError: the store cannot be read.
    """
    if isinstance(settings, NoTracking):
        return []
    target = resolve(settings, root)
    if target.path is not None:
        return experiments_in(target.path)
    return Store(target, settings.experiment, root).experiments()


def find(settings: MLflow | NoTracking, root: Path, reference: str) -> RunRecord:
    """The run that ``reference`` means: an id or the beginning of one, a name, ``latest`` or
    ``best:METRIC``.

    Raises:
        ConfigError: it means no run, or several.
        StoreError: the store cannot be read.
    """
    return Runs(settings, root).find(reference)


class Runs:
    """The runs of a store, of which only what is asked for is read.

    Args:
        settings: say which store.
        root: the folder of the runs.
    """

    def __init__(self, settings: MLflow | NoTracking, root: Path) -> None:
        self._settings = settings
        self._root = root

    @cached_property
    def _index(self) -> list[RunRecord]:
        """All runs with what tells one from another."""
        return self._read(())

    def _read(self, metrics: Sequence[str]) -> list[RunRecord]:
        modes = [f"dlcli.mode.{metric.removeprefix('best/')}" for metric in metrics]
        only = Only(metrics, (), (KIND, PARENT, LOCAL_ID, REASON, REPRODUCES, *modes))
        return _all(self._settings, self._root, only)

    def find(self, reference: str) -> RunRecord:
        """The run that a RUN means.

        Raises:
            ConfigError: it means no run, or several.
            StoreError: the store cannot be read.
        """
        experiment = getattr(self._settings, "experiment", None)
        if self._path is None or not reference.startswith("best:"):
            return self._whole([pick(self._index, reference, experiment)])[0]
        metric = reference.removeprefix("best:")
        try:
            found = pick(self._read((metric, f"best/{metric}")), reference, experiment)
        except ConfigError:  # with all metrics at hand the refusal names the nearest
            found = pick(_all(self._settings, self._root), reference, experiment)
        return self._whole([found])[0]

    def by_id(self, run_id: str | None) -> RunRecord | None:
        """A run by its whole id, here or in the store; None where there is none."""
        found = [one for one in self._index if run_id and run_id in (one.id, one.store_id)]
        return self._whole(found)[0] if found else None

    def children(self, record: RunRecord) -> list[RunRecord]:
        """The runs that are parts of a run, or were made from it, newest first.

        Raises:
            StoreError: the store cannot be read.
        """
        ids = {record.id, record.store_id} - {""}
        return self._whole([one for one in self._index if one.parent_id in ids])

    def reproductions(self, record: RunRecord) -> list[RunRecord]:
        """The runs that train a run again, newest first.

        Raises:
            StoreError: the store cannot be read.
        """
        found = [one for one in self._index if one.tags.get(REPRODUCES) == record.id]
        return self._whole(found)

    def names(self) -> list[str]:
        """The names of the runs, newest first."""
        return [one.name for one in self._index if self._is_here(one)]

    def metrics(self) -> list[str]:
        """The names of the metrics that the runs have, as `score` takes them."""
        if self._path is not None:
            found = metrics_in(self._path)
        else:
            found = [name for one in self._index for name in one.metrics]
        return sorted({name.removeprefix("best/") for name in found})

    def _is_here(self, record: RunRecord) -> bool:
        experiment = getattr(self._settings, "experiment", record.experiment)
        return record.experiment in (experiment, "")

    def _whole(self, records: list[RunRecord]) -> list[RunRecord]:
        """The same runs with everything that the store has of them."""
        if self._path is None:
            return records
        stored = from_sqlite(
            self._path, Only(runs=[one.store_id for one in records if one.store_id])
        )
        known = {one.store_id: one for one in stored}
        return [
            replace(known.get(one.store_id, one), id=one.id, folder=one.folder) for one in records
        ]

    @cached_property
    def _path(self) -> Path | None:
        """The store's file; None where what is read of a run is all there is."""
        if isinstance(self._settings, NoTracking):
            return None
        return resolve(self._settings, self._root).path


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
        if one.tags.get(KIND) not in ASIDE:
            return one
    raise ConfigError("RUN 'latest': no runs are recorded in this experiment")


def _best(records: list[RunRecord], metric: str) -> RunRecord:
    records = [one for one in records if one.tags.get(KIND) not in ASIDE]
    whole = [one for one in records if not one.has_diverged]
    scored = [(value, one) for one in whole if (value := score(one, metric)) is not None]
    if not scored:
        names = {name.removeprefix("best/") for one in records for name in one.metrics}
        near = did_you_mean(nearest(metric, sorted(names)))
        raise ConfigError(f"RUN 'best:{metric}': no run has a finite {metric!r}{near}")
    mode = direction(records, metric)
    if mode is None:
        raise ConfigError(
            f"RUN 'best:{metric}': no run says whether a higher or a lower {metric} is better; "
            "see dlcli runs and name one"
        )
    sign = -1 if mode == "max" else 1
    return min(scored, key=lambda pair: (standing(pair[1]), sign * pair[0], pair[1].started))[1]


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
    near = did_you_mean(nearest(reference, names))
    raise ConfigError(f"RUN {reference!r}: no such run{near}; see dlcli runs")


def _all(settings: MLflow | NoTracking, root: Path, only: Only = ALL) -> list[RunRecord]:
    if isinstance(settings, NoTracking):
        return _sorted(from_folders(root))
    target = resolve(settings, root)
    if target.path is not None:
        return merge(from_sqlite(target.path, only), root)
    return merge(from_client(Store(target, settings.experiment, root)), root)


def merge(stored: list[RunRecord], root: Path) -> list[RunRecord]:
    """The store's records, with the folders here and what these know and the store does not."""
    records = {}
    for one in stored:
        run_id = one.tags.get(LOCAL_ID, one.id)
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
        tags.get(PARENT),
    )
