"""The SQLite file of a study: whether it is sound, who owns it, how it is written."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.errors import ConfigError, StoreError
from dlcli.tracking.sqlite import SMALL, connect, locked, on_network

if TYPE_CHECKING:
    from sqlalchemy import Engine

ADVICE = "restore a backup, or start another sweep with --name"
WAIT_S = 60.0  # for another program's lock
_MAGIC = b"SQLite format 3\0"
_TABLES = {"alembic_version", "studies", "trials", "trial_params"}


def check(path: Path, wait: float) -> None:
    """Refuse (StoreError) a file that is no sound study; it is read and never changed."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except FileNotFoundError as error:
        raise StoreError(f"{path}: not there, though it should be; {ADVICE}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; make it readable") from error
    if size == 0:
        raise _unsound(path, "is empty (0 bytes)")
    if magic != _MAGIC:
        raise _unsound(path, "is not an SQLite database")
    if not os.access(path, os.W_OK):
        raise StoreError(f"{path}: Permission denied; make it writable for you")
    _check_content(path, size, wait)


def _check_content(path: Path, size: int, wait: float) -> None:
    try:
        with contextlib.closing(connect(path, wait)) as database:
            if size <= SMALL:
                found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise _unsound(path, f"is damaged ({found.splitlines()[-1]})")
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
            if not tables >= _TABLES:
                raise _unsound(path, "is an SQLite database, but not a study")
            database.execute("BEGIN IMMEDIATE")  # is there a writer who does not let go?
            database.rollback()
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise locked(path, wait) from error
        raise _unsound(path, f"cannot be read ({error})") from error
    except sqlite3.DatabaseError as error:
        raise _unsound(path, f"is damaged ({error})") from error


def _unsound(path: Path, what: str) -> StoreError:
    return StoreError(f"{path} {what}; {ADVICE}")


def check_owner(path: Path | None) -> None:
    """Refuse a study that others could have written; for what runs code that a study holds.

    Raises:
        ConfigError: it is on a server, or its file is not this user's alone.
    """
    if path is None:
        raise ConfigError(
            "search.storage: cmaes keeps code in the study, which nobody else may write; "
            "leave it out, or write search=tpe"
        )
    status = path.stat()
    if status.st_uid != os.getuid() or status.st_mode & stat.S_IWOTH:
        raise ConfigError(
            f"{path}: search=cmaes would run code that others may have written there; "
            f"make the file yours alone (chown, chmod o-w), or write search=tpe"
        )


class Patience:
    """How long an operation still waits for another program's lock.

    Args:
        seconds: for each operation, however many statements and repetitions it takes.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds

    def renew(self) -> None:
        """A new operation begins."""
        self._deadline = time.monotonic() + self.seconds

    @property
    def left(self) -> float:
        """Seconds, from 0 up."""
        return max(0.0, self._deadline - time.monotonic())


def connection(path: Path, patience: Patience) -> sqlite3.Connection:
    """An open file in which what was committed survives a power loss."""
    database = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=patience.left, check_same_thread=False
    )
    # Each commit reaches the disk; EXTRA is FULL that also syncs the folder of a journal.
    database.execute("PRAGMA synchronous=EXTRA")
    return database


def limit_waiting(engine: Engine, patience: Patience) -> None:
    """Let no statement wait longer than the operation that it is part of may."""
    from sqlalchemy import event

    def limit(_: Any, cursor: sqlite3.Cursor, *__: Any) -> None:
        cursor.connection.execute(f"PRAGMA busy_timeout={patience.left * 1000:.0f}")

    event.listen(engine, "before_cursor_execute", limit)


def create(path: Path) -> None:
    """An empty database at ``path``, with a write-ahead log where the file system is local.

    Readers, such as a dashboard, then never stop the sweep from writing.
    """
    path.unlink(missing_ok=True)
    path.touch(mode=0o644)
    if not on_network(path.parent):
        with contextlib.closing(connect(path)) as database:
            database.execute("PRAGMA journal_mode=WAL")
