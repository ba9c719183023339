"""The folder of one run: its description, its spool, its locks and its artifacts."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from dlcli.errors import StoreError
from dlcli.tracking.disk import unwritable
from dlcli.tracking.owner import Lock, Owner
from dlcli.tracking.scratch import clear_scratch
from dlcli.tracking.spool import Spool

Status = str  # RUNNING, FINISHED, FAILED or KILLED


@dataclass(frozen=True)
class RunInfo:
    """What run.json says.

    Args:
        store_id: the id under which the store knows the run; None while it knows none.
        uri: the store, without credentials; "" for a run that no store is told of.
        local: whether that store lies beside the runs, wherever the folder is moved to.
        created: milliseconds since 1970.
        tags: the tags that the run began with.
        upload: whether the store keeps artifacts elsewhere.
        later: the folder of artifacts that is not uploaded yet, as it may be removed again.
    """

    id: str
    name: str
    store_id: str | None = None
    experiment: str = ""
    uri: str = ""
    local: bool = False
    created: int = 0
    status: Status = "RUNNING"
    reason: str = ""
    ended: int | None = None
    tags: dict[str, str] = field(default_factory=dict)
    upload: bool = False
    later: str = ""
    owner: dict[str, Any] | None = None


class RunFolder:
    """``root/runs/<id>`` and the marker of a run that is not closed, ``root/open/<id>``."""

    def __init__(self, root: Path, run_id: str) -> None:
        self.root = root
        self.id = run_id
        self.path = root / "runs" / run_id
        self.artifacts = self.path / "artifacts"
        self.spool = self.path / "spool.jsonl"
        self.marker = root / "open" / run_id
        self.lock = Lock(self.path / "lock")
        self.delivery_lock = Lock(self.path / "delivery.lock")

    def create(self, info: RunInfo, lock: Lock) -> None:
        """Make the folder and everything that a reader expects in it.

        Args:
            lock: one of its locks, taken before anybody can find the run and think it left.
        """
        try:
            self.artifacts.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            self.spool.touch()
            self.write(info)
            self.mark()
        except OSError as error:
            raise unwritable(self.root, error) from error

    def mark(self) -> None:
        """Note that this run is to be looked at by the next start."""
        self.marker.parent.mkdir(exist_ok=True)
        self.marker.touch()

    def unmark(self) -> None:
        self.marker.unlink(missing_ok=True)

    def read(self) -> RunInfo | None:
        """The run's description; None where there is none that can be read."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            values = json.loads((self.path / "run.json").read_text())
            known = {one.name for one in fields(RunInfo)}
            return RunInfo(**{key: value for key, value in values.items() if key in known})
        return None

    def write(self, info: RunInfo) -> None:
        """Replace the description as a whole, surviving a power loss."""
        replace_file(self.path / "run.json", json.dumps(asdict(info), indent=1) + "\n")

    def update(self, **changes: Any) -> RunInfo:
        """Change some of the description."""
        info = self.read()
        if info is None:
            raise StoreError(f"{self.path / 'run.json'}: missing or damaged")
        info = replace(info, **changes)
        self.write(info)
        return info

    @property
    def owner(self) -> Owner | None:
        info = self.read()
        return Owner.read(info.owner) if info else None

    def clean(self) -> None:
        """Remove the halves of files whose writers died; for the owner of the lock alone."""
        clear_scratch(self.path)
        clear_scratch(self.artifacts)

    def delivered(self) -> int:
        """Bytes of the spool that the store has; less is harmless, more is corrected."""
        with contextlib.suppress(OSError, ValueError):
            offset = int((self.path / "delivered").read_text())
            return min(offset, self.spool.stat().st_size)
        return 0

    def open_spool(self) -> Spool:
        """The end of the spool, repaired; for the owner of the lock alone."""
        spool = Spool(self.spool)
        # A power loss can shorten the spool to less than was delivered of it.
        self.set_delivered(self.delivered())
        return spool

    def set_delivered(self, offset: int) -> None:
        """Note it, in place: two processes may at once, and neither leaves half a number."""
        path = self.path / "delivered"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        try:
            os.write(handle, b"%020d" % offset)
        except OSError as error:
            error.filename = str(path)
            raise
        finally:
            os.close(handle)


def make_root(root: Path) -> None:
    """Make the folder of the runs, kept out of a user's repository."""
    try:
        if not root.exists():
            root.mkdir(parents=True, exist_ok=True)
            (root / ".gitignore").write_text("*\n")
        (root / "runs").mkdir(exist_ok=True)
        (root / "open").mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(root, error) from error


def replace_file(path: Path, text: str, sync: bool = True) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part.

    Raises:
        OSError: it cannot be written, and is as it was; names the file.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("w") as file:
            file.write(text)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink()  # where there is no room, it takes some
        error.filename = error.filename or str(path)
        raise
    if sync:
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power loss."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
