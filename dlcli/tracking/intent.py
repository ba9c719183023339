"""The moment between asking the store for a run and having its folder, made safe to die in."""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlcli.tracking.folder import RunFolder, RunInfo, make_root, sync_folder
from dlcli.tracking.owner import Lock
from dlcli.tracking.store import Store

PREFIX = "new-"
KIND = "dlcli.kind"  # the tag that says what a run is
AGAIN = ("sweep", "trial")  # a sweep that goes on makes another for what it has not


def create(store: Store, root: Path, info: RunInfo) -> RunFolder:
    """A run in the store and its folder; a death in between leaves a note for `close_orphan`."""
    make_root(root)
    note = root / "open" / f"{PREFIX}{uuid.uuid4().hex}"
    lock = Lock(note)
    lock.acquire()
    try:
        asked = {"name": info.name, "created": info.created, "experiment": info.experiment}
        again = info.tags.get(KIND) in AGAIN
        note.write_text(json.dumps(asked | {"uri": info.uri, "again": again}))
        stored = store.create_run(info.name, info.created, info.tags)
        folder = RunFolder(root, stored.info.run_id)
        own = folder.artifacts.absolute()
        upload = stored.info.artifact_uri not in (str(own), own.as_uri())
        info = replace(info, id=folder.id, store_id=folder.id, upload=upload)
        folder.create(info, folder.delivery_lock)
    finally:
        note.unlink(missing_ok=True)
        lock.release()
    return folder


def create_local(root: Path, info: RunInfo) -> RunFolder:
    """A run that no store knows yet, or ever."""
    make_root(root)
    folder = RunFolder(root, uuid.uuid4().hex)
    folder.create(replace(info, id=folder.id), folder.lock)
    sync_folder(folder.path.parent)
    return folder


def close_orphan(note: Path, stores: dict[str, Store], root: Path) -> str | None:
    """Close the run that a process asked for and died before it had a folder.

    That of a sweep or a trial is deleted, as another will be made for the same.

    Args:
        note: what that process left in ``open/``.
        stores: the store of each experiment that can be reached now.

    Returns:
        A line about it; None where there was nothing to close.
    """
    lock = Lock(note)
    if not lock.acquire():
        return None
    try:
        asked = read(note)
        store = stores.get(asked.get("experiment", ""))
        if asked and (store is None or store.target.shown != asked["uri"]):
            return None
        run_id = store.find_started(asked["name"], asked["created"]) if store else None
        note.unlink(missing_ok=True)
        if run_id is None or store is None or (root / "runs" / run_id).exists():
            return None
        if asked.get("again"):
            store.delete(run_id)
            return None
        store.set_status(run_id, "KILLED", "killed", asked["created"])
        return f"run {asked['name']} ({run_id[:8]}) was killed before it began: marked KILLED"
    finally:
        lock.release()


def read(note: Path) -> dict[str, Any]:
    """What was asked for; nothing where the note was not finished."""
    with contextlib.suppress(OSError, ValueError):
        asked: dict[str, Any] = json.loads(note.read_text())
        return asked
    return {}
