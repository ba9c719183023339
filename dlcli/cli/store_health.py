"""What ``dlcli doctor`` looks at in the store: whether it is sound, and what a crash left in it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dlcli.cli.health import Check, problem
from dlcli.errors import DlcliError, StoreError
from dlcli.tracking import sqlite
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.uri import Target, resolve

REPAIRS = (": marked ", ": delivered to ")


def store(settings: MLflow | NoTracking, root: Path) -> list[Check]:
    """Check and repair where runs are recorded."""
    try:
        checks = list(_store(settings, root))
        return [*checks, *_left_open(settings, root)]
    except DlcliError as error:
        return [problem("store", error)]


def _store(settings: MLflow | NoTracking, root: Path) -> Iterator[Check]:
    if isinstance(settings, NoTracking):
        yield Check("store", "ok", f"none: runs are kept in {root / 'runs'}")
        return
    target = resolve(settings, root)
    if target.path is None:
        from dlcli.tracking.probe import Probe

        Probe(target).check()
        yield Check("store", "ok", f"{target.shown} answers")
    elif not target.path.exists():
        yield Check("store", "ok", f"{target.path}: none yet; dlcli train makes it")
    else:
        yield from _database(target, target.path, root)
    yield from _old_runs(root)


def _database(target: Target, path: Path, root: Path) -> Iterator[Check]:
    schema = sqlite.check(path)
    sqlite.check_schema(path, schema)
    _check_integrity(path)
    size = path.stat().st_size / 1e6
    yield Check("store", "ok", f"{path}: sound, {size:.1f} MB, schema {schema}")
    if target.local:
        yield from _journal(path)
        yield from _moved(path, root)
    yield from _dead_artifacts(path)


def _check_integrity(path: Path) -> None:
    with contextlib.closing(sqlite.connect(path)) as database:
        found = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(
            f"{path} is damaged ({found.splitlines()[-1]}); restore a backup, or move it away and "
            f"a new store is made: mv {path} {path}.bad"
        )


def _journal(path: Path) -> Iterator[Check]:
    """Write-ahead logging, so that reading never stops the recorder; not on a network disk."""
    if sqlite.on_network(path.parent):
        return
    with contextlib.closing(sqlite.connect(path)) as database:
        before = database.execute("PRAGMA journal_mode").fetchone()[0]
        if before == "wal":
            return
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            yield Check("store", "note", "journal mode is not WAL, and others have the store open")
            return
    yield Check("store", "repaired", f"journal mode was {before}, is write-ahead now")


def _moved(path: Path, root: Path) -> Iterator[Check]:
    """Point the store of a folder that was moved at where its artifacts are now."""
    before = _locations(path)
    sqlite.relocate(path, (root.absolute() / "runs").as_uri())
    gone = before - _locations(path)
    if gone:
        yield Check("store", "repaired", f"the folder was moved from {', '.join(sorted(gone))}")


def _locations(path: Path) -> set[str]:
    with contextlib.closing(sqlite.connect(path)) as database:
        rows = database.execute("SELECT artifact_location FROM experiments").fetchall()
    return {row[0] for row in rows}


def _dead_artifacts(path: Path) -> Iterator[Check]:
    """Runs whose artifacts are not where the store says."""
    query = "SELECT name, artifact_uri FROM runs WHERE lifecycle_stage = 'active'"
    with contextlib.closing(sqlite.connect(path)) as database:
        rows = database.execute(query).fetchall()
    dead = [name for name, uri in rows if _is_missing(uri or "")]
    if dead:
        shown = ", ".join(dead[:5]) + (", …" if len(dead) > 5 else "")
        yield Check(
            "store",
            "problem",
            f"the artifacts of {len(dead)} runs are gone ({shown}); put their folders back, or "
            "delete the runs in dlcli ui",
            StoreError.status,
        )


def _is_missing(uri: str) -> bool:
    parts = urlsplit(uri)
    if parts.scheme not in ("", "file"):
        return False
    return bool(uri) and not Path(unquote(parts.path)).exists()


def _old_runs(root: Path) -> Iterator[Check]:
    from dlcli.tracking.store import old_file_store

    line = old_file_store(root)
    if line:
        yield Check("store", "note", line)


def _left_open(settings: MLflow | NoTracking, root: Path) -> Iterator[Check]:
    """Close the runs of dead owners and deliver what the store lacks."""
    from dlcli.tracking.reconcile import reconcile

    for line in reconcile(settings, root):
        repaired = any(words in line for words in REPAIRS)
        status = 0 if repaired else StoreError.status
        yield Check("runs", "repaired" if repaired else "problem", line, status)
