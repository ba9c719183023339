"""A process may die between asking for a run and having its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from dlcli.tracking.owner import Lock
from dlcli.tracking.reconcile import reconcile
from dlcli.tracking.settings import MLflow
from dlcli.tracking.store import Store
from dlcli.tracking.uri import resolve

Rows = Callable[[str], list[tuple[object, ...]]]


def leave_note(root: Path, name: str) -> Path:
    """What is there after a death in that moment."""
    target = resolve(MLflow(), root)
    asked = {"name": name, "created": 1000, "experiment": "dlcli", "uri": target.shown}
    (root / "open").mkdir(exist_ok=True)
    note = root / "open" / f"new-{name}"
    note.write_text(json.dumps(asked))
    return note


def test_a_run_without_a_folder_is_closed(root: Path, rows: Rows) -> None:
    note = leave_note(root, "orphan")
    store = Store(resolve(MLflow(), root), "dlcli", root)
    run_id = store.create_run("orphan", 1000, {}).info.run_id
    assert reconcile(MLflow(), root) == [
        f"run orphan ({run_id[:8]}) was killed before it began: marked KILLED"
    ]
    assert rows("SELECT status FROM runs") == [("KILLED",)]
    assert not note.exists()


def test_a_run_that_was_asked_for_but_never_made_is_forgotten(root: Path) -> None:
    note = leave_note(root, "nothing")
    assert reconcile(MLflow(), root) == []
    assert not note.exists()


def test_a_note_of_a_live_process_is_left_alone(root: Path) -> None:
    note = leave_note(root, "live")
    lock = Lock(note)
    assert lock.acquire()
    assert reconcile(MLflow(), root) == []
    assert note.exists()
    lock.release()


def test_a_torn_note_is_forgotten(root: Path) -> None:
    note = leave_note(root, "torn")
    note.write_text('{"na')
    assert reconcile(MLflow(), root) == []
    assert not note.exists()
