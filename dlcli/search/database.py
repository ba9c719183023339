"""The SQLite file of a study: whether it is sound, who owns it, how it is written."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.errors import ConfigError
from dlcli.tracking import sqlite

if TYPE_CHECKING:
    from sqlalchemy import Engine

WAIT_S = 60.0  # for another program's lock
STUDY = sqlite.Kind(
    "a study",
    frozenset({"alembic_version", "studies", "trials", "trial_params"}),
    "restore a backup, or start another sweep with --name",
)


def check(path: Path, wait: float) -> None:
    """Refuse (StoreError) a file that is no sound study; it is read and never changed."""
    sqlite.check_sound(path, STUDY, wait)


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
    """An empty database at ``path``."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o644)
    sqlite.use_wal(path)


def place(scratch: Path, path: Path) -> bool:
    """Give a whole database its name; False where there is a file of that name by now.

    Raises:
        OSError: nothing can be written there.
    """
    try:
        os.link(scratch, path)  # unlike a renaming, it replaces no file
    except FileExistsError:
        return False
    except OSError:  # as of a file system without links
        return _claim(scratch, path)
    return True


def _claim(scratch: Path, path: Path) -> bool:
    """The same in two steps: a death between them leaves an empty file, which is refused."""
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    scratch.rename(path)
    return True
