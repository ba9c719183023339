"""An MLflow store in an SQLite file: whether it is sound, and how a new one comes to be."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from dlcli.errors import StoreError
from dlcli.tracking.disk import unwritable
from dlcli.tracking.folder import sync_folder
from dlcli.tracking.owner import Lock

WAIT_S = 20.0  # for another program's lock
SMALL = 64 * 2**20  # bytes; up to here the whole file is checked
_MAGIC = b"SQLite format 3\0"
_REMOTE = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "lustre", "afs", "gpfs", "ceph", "virtiofs")


def check(path: Path, wait: float = WAIT_S) -> str:
    """The schema version of the store in ``path``, which is read and never changed.

    Raises:
        StoreError: the file is empty, no SQLite, damaged, no MLflow store, or locked.
    """
    advice = f"restore a backup, or move it away and a new store is made: mv {path} {path}.bad"
    kind = Kind("an MLflow store", frozenset({"alembic_version", "runs"}), advice)
    check_sound(path, kind, wait)
    with contextlib.closing(connect(path, wait)) as database:
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


@dataclass(frozen=True)
class Kind:
    """What a database is expected to be.

    Args:
        name: with its article.
        tables: some that it has.
        advice: what to do about one that is damaged.
    """

    name: str
    tables: frozenset[str]
    advice: str

    def unsound(self, path: Path, what: str) -> StoreError:
        """The refusal of a file."""
        return StoreError(f"{path} {what}; {self.advice}")


def check_sound(path: Path, kind: Kind, wait: float) -> None:
    """Refuse a file that is no sound database of a kind; it is read and never changed.

    Args:
        wait: seconds for another program's lock.

    Raises:
        StoreError: the file is missing, empty, no SQLite, damaged, of another kind, or locked.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except FileNotFoundError as error:
        raise StoreError(f"{path}: not there, though it should be; {kind.advice}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; make it readable") from error
    if size == 0:
        raise kind.unsound(path, "is empty (0 bytes)")
    if magic != _MAGIC:
        raise kind.unsound(path, "is not an SQLite database")
    if not os.access(path, os.W_OK):
        raise StoreError(f"{path}: Permission denied; make it writable for you")
    _check_content(path, kind, size, wait)


def _check_content(path: Path, kind: Kind, size: int, wait: float) -> None:
    try:
        with contextlib.closing(connect(path, wait)) as database:
            if size <= SMALL:
                found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise kind.unsound(path, f"is damaged ({found.splitlines()[-1]})")
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
            if not tables >= kind.tables:
                raise kind.unsound(path, f"is an SQLite database, but not {kind.name}")
            database.execute("BEGIN IMMEDIATE")  # is there a writer who does not let go?
            database.rollback()
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise locked(path, wait) from error
        raise kind.unsound(path, f"cannot be read ({error})") from error
    except sqlite3.DatabaseError as error:
        raise kind.unsound(path, f"is damaged ({error})") from error


def connect(path: Path, wait: float = WAIT_S) -> sqlite3.Connection:
    """An open database; with as many seconds of patience as ``wait`` says."""
    return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=wait)


def is_locked(path: Path) -> bool:
    """Whether another program keeps a lock on the store at this moment."""
    try:
        with contextlib.closing(connect(path, 1.0)) as database:
            database.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        return "locked" in str(error)
    return False


def relocate(path: Path, location: str) -> None:
    """Point a store that was moved together with its runs at where they are now.

    Args:
        location: the URI of the folder of the runs.
    """
    with contextlib.closing(connect(path)) as database, database:
        rows = database.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
        for (old,) in rows:
            if old == location or not (old or "").endswith("/runs"):
                continue
            database.execute(
                "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, ?) "
                "WHERE substr(artifact_uri, 1, ?) = ?",
                (location, len(old) + 1, len(old) + 1, old + "/"),
            )
            database.execute(
                "UPDATE experiments SET artifact_location = ? WHERE artifact_location = ?",
                (location, old),
            )


def locked(path: Path, wait: float) -> StoreError:
    return StoreError(
        f"{path}: locked by another program for {wait:.0f} s; end it, or look who has it open: "
        f"fuser {path}"
    )


def check_schema(path: Path, found: str) -> None:
    """Refuse (StoreError) a store of another schema, which MLflow would change unasked."""
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config

    scripts = ScriptDirectory.from_config(_get_alembic_config(db_url=""))
    if found in scripts.get_heads():
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if found in known:
        raise StoreError(
            f"{path} was made by an older MLflow (schema {found}); upgrade it: "
            f"cp {path} {path}.backup && mlflow db upgrade sqlite:///{path}"
        )
    raise StoreError(
        f"{path} was made by a newer MLflow (schema {found or 'unknown'}); "
        "install that one: pip install --upgrade mlflow"
    )


def build(folder: Path) -> Path:
    """Make a new store, with all its migrations, in a folder of its own outside the project."""
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

    path = folder / "mlflow.db"
    engine = create_sqlalchemy_engine(f"sqlite:///{path}")
    _initialize_tables(engine)
    engine.dispose()
    return path


def install(built: Path, path: Path) -> None:
    """Put a new store in its place, unless another process was first.

    Raises:
        StoreError: nothing can be written there.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    lock = Lock(path.with_name(f".{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(WAIT_S)
        if path.exists():
            return
        shutil.copyfile(built, scratch)
        use_wal(scratch)
        with scratch.open("rb") as file:
            os.fsync(file.fileno())
        scratch.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path.parent, error) from error
    finally:
        lock.release()
        scratch.unlink(missing_ok=True)


def use_wal(path: Path) -> None:
    """Give a database a write-ahead log where its file system is local.

    Readers, such as the MLflow UI or a dashboard, then never stop who writes.
    """
    if on_network(path.parent):
        return
    with contextlib.closing(connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")


def on_network(path: Path) -> bool:
    """Whether a folder lies on a network file system, where write-ahead logs lose data."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return False
    place = path.resolve()
    inside = [(len(at), kind) for at, kind in mounts if place.is_relative_to(at)]
    return bool(inside) and max(inside)[1].startswith(_REMOTE)
