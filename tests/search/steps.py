"""Numbers the durable steps of a process, and ends it at one of them, or has that step fail.

A step is an opening to write, a write, an fsync, a rename, a removal, a folder made, a commit, a
fork: whatever a crash may come before. It is told of by Python's own audit events, so the code
that is tested has no hooks for it. Only what happens below one folder counts.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcli.tracking.folder import RunFolder
from tests.search.processes import hold

DIED = 137
HALF = re.compile(r"\..+\.\d+(-wal|-shm|-journal)?")  # see dlcli.tracking.scratch
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Which steps an error stops: a full disk takes nothing more, a read-only one changes nothing more.
GROWING = ("open", "write", "commit", "os.mkdir")
CHANGING = (*GROWING, "rename", "os.remove", "os.rmdir", "os.truncate")
STOPPED = {errno.ENOSPC: GROWING, errno.EROFS: CHANGING, errno.EIO: (*CHANGING, "fsync")}
IN_SQLITE = {
    errno.ENOSPC: "database or disk is full",
    errno.EROFS: "attempt to write a readonly database",
    errno.EIO: "disk I/O error",
}


@dataclass(frozen=True)
class Plan:
    """Where to die.

    Args:
        role: of the process that does: coordinator, server or trial.
        step: before which of its steps, from 1 on; with 0 none dies.
        trial: whose process, where it is a trial's.
        kind: which steps count; all where it is empty.
        torn: whether a write that is the step is half done.
        power: whether every process dies with it, and what was not synced is lost.
        error: the number of an error that the step fails with, in place of a death.
        lasting: whether from there on all steps of all processes fail that such an error stops.
        pictures: copy what a death before each step would leave, where it differs from the last.
    """

    role: str
    step: int
    trial: int = 0
    kind: str = ""
    torn: bool = False
    power: bool = False
    pictures: bool = False
    error: int = 0
    lasting: bool = False


class Steps:
    """The steps of this process, which inherits them from its parent.

    Args:
        root: what happens below it counts.
        notes: a folder elsewhere, for what is told of it.
    """

    def __init__(self, root: Path, notes: Path, plan: Plan) -> None:
        self.root = f"{root}/"
        self.notes = notes
        self.plan = plan
        self.role = "coordinator"
        self.trial = -1
        self.count = 0
        self._open = os.open
        self._write = os.write
        self._fsync = os.fsync
        self._quiet = False
        self._journal = -1
        self._last = b""  # what the last picture shows
        self._halves: set[str] = set()  # kinds of half files that were in one

    def install(self) -> None:
        """Count from here on, in this process and those that are forked from it."""
        flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC
        self._journal = os.open(self.notes / "journal", flags)
        sys.addaudithook(self._heard)
        os.fsync, os.write = self._synced, self._written
        os.register_at_fork(after_in_child=self._forked)
        from sqlalchemy import Engine, event

        event.listen(Engine, "commit", lambda connection: self.step("commit", "study.db"))

    def become(self, role: str) -> None:
        """Start to count anew, as another process."""
        self.role, self.count, self.trial = role, 0, -1

    def step(self, what: str, place: str) -> None:
        """Note a step, or die before it."""
        if self._quiet or self.plan.kind not in ("", what):
            return
        self.count += 1
        if self.plan.pictures and self.role == self.plan.role:
            self._take_picture(f"{what} {place.removeprefix(self.root)}")
        if self.plan.error:
            self._fail(what, place)
        elif self._is_meant():
            self._die(f"{what} {place.removeprefix(self.root)}")

    def _is_meant(self) -> bool:
        plan = self.plan
        if (self.role, self.count) != (plan.role, plan.step):
            return False
        return self.role != "trial" or self.trial == plan.trial

    def _take_picture(self, before: str) -> None:
        self._quiet = True
        trials = hold(os.getpid())  # else a picture would show its parts at different times
        content, halves = digest(Path(self.root))
        if content != self._last or not halves <= self._halves:
            picture = self.notes / f"{self.count:04d}"
            shutil.copytree(self.root, picture / "root")
            shutil.copy(self.notes / "journal", picture)
            (picture / "step").write_text(before)
        self._last = content
        self._halves |= halves
        for pid in trials:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._quiet = False

    def _is_next(self) -> bool:
        self.count += 1
        meant = self._is_meant() and not (self.notes / "died").exists()
        self.count -= 1
        return meant

    def _die(self, step: str) -> None:
        """Only once: the process that does the same work again lives."""
        if self._noted(step):
            os._exit(DIED)

    def _fail(self, what: str, place: str) -> None:
        """Have the step fail if it is the one, or one that fails since."""
        if what not in STOPPED[self.plan.error]:
            self.count -= self.role == self.plan.role  # only what can fail counts
            return
        since = self.plan.lasting and (self.notes / "died").exists()
        if since or (self._is_meant() and self._noted(f"{what} {place.removeprefix(self.root)}")):
            raise _failure(self.plan.error, what, place)

    def _noted(self, step: str) -> bool:
        """Note a step as that at which it happened; False where it has happened."""
        self._quiet = True
        try:
            handle = self._open(self.notes / "died", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False
        finally:
            self._quiet = False
        self._write(handle, step.encode())
        os.close(handle)
        return True

    def _forked(self) -> None:
        if self.role == "server":
            self.become("trial")

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments)
        elif event in ("os.rename", "os.link"):
            source, target = _text(arguments[0]), _text(arguments[1])
            self._at("rename", target)
            self._note("rename", source, target)
        elif event in ("os.remove", "os.mkdir", "os.rmdir", "os.truncate", "sqlite3.connect"):
            self._at(event, _text(arguments[0]))
        elif event in ("os.fork", "subprocess.Popen") and self.role != "trial":
            self.step("fork", "")

    def _opened(self, path: Any, mode: str | None, flags: int) -> None:
        writes = flags & WRITING if mode is None else set(mode) & set("wax+")
        if not writes or isinstance(path, int):
            return
        place = _text(path)
        if self.role == "trial" and "/trials/" in place and self.trial < 0:
            self.trial = int(place.split("/trials/")[1].split("/")[0])
        self._at("open", place)
        emptied = flags & os.O_TRUNC or (mode or "").startswith("w")
        self._note("open", place, 0 if emptied else _size(place))

    def _at(self, what: str, place: str) -> None:
        if place.startswith(self.root):
            self.step(what, place)

    def _synced(self, handle: int) -> None:
        place = _place(handle)
        self._at("fsync", place)
        self._fsync(handle)
        self._note("fsync", place, os.fstat(handle).st_size)

    def _written(self, handle: int, data: bytes) -> int:
        place = _place(handle)
        if self.plan.torn and place.startswith(self.root) and self._is_next():
            self._write(handle, data[: len(data) // 2])
        self._at("write", place)
        return self._write(handle, data)

    def _note(self, event: str, place: str, detail: Any) -> None:
        """For `lose_unsynced`."""
        if place.startswith(self.root) and self._journal >= 0:
            if event == "rename":
                detail = detail.removeprefix(self.root)
            line = json.dumps([event, place.removeprefix(self.root), detail])
            self._write(self._journal, line.encode() + b"\n")


def lose_unsynced(journal: Path, root: Path) -> None:
    """Cut every file to what of it was synced, as a power loss may.

    Args:
        journal: of the steps.
        root: the sweep's folder, wherever it is now.
    """
    kept: dict[str, int] = {}
    for line in journal.read_text().splitlines():
        event, place, detail = json.loads(line)
        if event == "open":
            kept[place] = min(kept.get(place, detail), detail)
        elif event == "fsync":
            kept[place] = detail
        elif place in kept:
            kept[detail] = kept.pop(place)
    for place, size in kept.items():
        path = root / place
        if path.is_file() and path.stat().st_size > size:
            os.truncate(path, size)


def digest(root: Path) -> tuple[bytes, set[str]]:
    """What tells two states of a folder apart but for half files; and the kinds of those.

    The half of a run's file is of another kind when the run is at another point.
    """
    found, halves = hashlib.sha256(), set()
    for folder, _, names in sorted(os.walk(root)):
        found.update(folder.encode())
        for name in sorted(names):
            if HALF.fullmatch(name):
                kind = re.sub(r"\d+", "", name)
                halves.add(f"{kind} {_state(root, Path(folder))}")
                continue
            with contextlib.suppress(OSError):
                found.update(name.encode() + Path(folder, name).read_bytes())
    return found.digest(), halves


def _state(root: Path, folder: Path) -> str:
    """How far the run is whose folder this is: what it says of itself, and who looks at it."""
    info = RunFolder(root, folder.name).read() if folder.parent.name == "runs" else None
    marked = (root / "open" / folder.name).exists()
    return f"{info.status if info else None} {marked}"


def _failure(number: int, what: str, place: str) -> Exception:
    """What Python raises at such a step."""
    if what != "commit":
        return OSError(number, os.strerror(number), place)
    from sqlalchemy.exc import OperationalError

    return OperationalError("COMMIT", {}, sqlite3.OperationalError(IN_SQLITE[number]))


def _place(handle: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{handle}").readlink())
    except OSError:
        return ""


def _size(place: str) -> int:
    try:
        return Path(place).stat().st_size
    except OSError:
        return 0


def _text(path: Any) -> str:
    return os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
