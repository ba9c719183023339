"""Runs that a crash left: closed, delivered, and told about."""

from __future__ import annotations

import time
from pathlib import Path

from dlcli.errors import DlcliError
from dlcli.tracking import intent
from dlcli.tracking.closing import close_abandoned
from dlcli.tracking.delivery import Delivery
from dlcli.tracking.folder import RunFolder, RunInfo
from dlcli.tracking.owner import SILENT_S, Owner
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.store import Store
from dlcli.tracking.uri import resolve


def reconcile(settings: MLflow | NoTracking, root: Path, store: Store | None = None) -> list[str]:
    """Close the runs of dead owners and deliver what the store lacks.

    Args:
        settings: say how to reach the store; runs of another store are left, and named.
        root: the folder of the runs.
        store: an open store of these settings, where there is one.

    Returns:
        What was repaired and what could not be, one line each.
    """
    stores = _Stores(settings, root, store)
    lines: list[str] = []
    for marker in sorted((root / "open").glob("*")):
        if marker.name.startswith("."):
            continue
        if marker.name.startswith(intent.PREFIX):
            line = stores.close_orphan(marker)
            lines += [line] if line else []
        else:
            try:
                lines += _repair(RunFolder(root, marker.name), stores)
            except (DlcliError, OSError) as error:
                lines.append(f"run {marker.name[:8]} could not be closed: {error}")
    return lines


class _Stores:
    """One store for each experiment, all under the settings' URI."""

    def __init__(self, settings: MLflow | NoTracking, root: Path, store: Store | None) -> None:
        self._target = None if isinstance(settings, NoTracking) else resolve(settings, root)
        self._root = root
        self._known = {store.experiment: store} if store else {}

    def of(self, info: RunInfo) -> Store | None:
        """The store that a run belongs to; None where the settings name another."""
        target = self._target
        if target is None or not (info.uri == target.shown or (info.local and target.local)):
            return None
        return self._named(info.experiment)

    def close_orphan(self, note: Path) -> str | None:
        asked = intent.read(note)
        if self._target is not None and asked.get("uri") == self._target.shown:
            self._named(asked["experiment"])
        try:
            return intent.close_orphan(note, self._known, self._root)
        except Exception as error:
            return f"a run that was killed before it began is still open: {error}"

    def _named(self, experiment: str) -> Store:
        if experiment not in self._known:
            assert self._target is not None
            self._known[experiment] = Store(self._target, experiment, self._root)
        return self._known[experiment]


def _repair(folder: RunFolder, stores: _Stores) -> list[str]:
    info = folder.read()
    if info is None:
        if folder.path.exists():
            return [f"{folder.path / 'run.json'} is missing or damaged; the run is left as it is"]
        folder.unmark()
        return []
    # In this order: a recorder holds the second lock of a run that its owner is about to take.
    if _maybe_elsewhere(folder, info) or not folder.delivery_lock.acquire():
        return []
    try:
        if not folder.lock.acquire():
            return []
        return _repair_owned(folder, info, stores)
    finally:
        folder.delivery_lock.release()
        folder.lock.release()


def _maybe_elsewhere(folder: RunFolder, info: RunInfo) -> bool:
    """Whether a process of another machine may still be at work on the run."""
    owner = Owner.read(info.owner)
    if info.status != "RUNNING" or owner is None or not owner.elsewhere():
        return False
    signs = [path.stat().st_mtime for path in (folder.spool, folder.lock.path) if path.exists()]
    return time.time() - max(signs, default=0.0) < SILENT_S


def _repair_owned(folder: RunFolder, info: RunInfo, stores: _Stores) -> list[str]:
    title = f"run {info.name} ({info.id[:8]})"
    lines = []
    if close_abandoned(folder):
        info = folder.read() or info
        lines.append(f"{title} was left running by {Owner.read(info.owner)}: marked {info.status}")
    if not info.uri:
        folder.unmark()
        return lines
    store = stores.of(info)
    if store is None:
        return [*lines, f"{title} waits for its store: dlcli doctor tracking.uri={info.uri}"]
    delivery = Delivery(store, folder)
    missing = folder.spool.stat().st_size - folder.delivered()
    delivery.attempt(now=True)
    if delivery.done and not lines and (missing or info.upload):
        lines.append(f"{title}: delivered to {info.uri}")
    return [*lines, *delivery.notices()]
