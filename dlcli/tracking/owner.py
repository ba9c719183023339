"""Who owns a run: a process, proven by a lock that dies with it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
import weakref
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

HEARTBEAT_S = 60.0  # how often a live owner touches its lock
SILENT_S = 15 * 60.0  # an owner on another machine is given up after this silence


@dataclass(frozen=True)
class Owner:
    """One process, told apart from any later one with the same pid."""

    pid: int
    host: str
    start_time: str
    boot_id: str
    since: str

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(os.getpid(), socket.gethostname(), start_time(os.getpid()), boot_id(), now)

    @classmethod
    def read(cls, values: dict[str, Any] | None) -> Owner | None:
        """The owner written in a run.json; None where there is none or it cannot be read."""
        with contextlib.suppress(TypeError):
            return cls(**(values or {}))
        return None

    def written(self) -> dict[str, Any]:
        return asdict(self)

    def elsewhere(self) -> bool:
        """Whether it ran under another kernel, so that a local lock proves less."""
        return self.boot_id != boot_id() and self.host != socket.gethostname()

    def lives(self) -> bool:
        """Whether it is surely at work on this machine."""
        return self.boot_id == boot_id() and start_time(self.pid) == self.start_time

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


def boot_id() -> str:
    """What tells this boot of this machine from any other."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    import psutil

    return f"{socket.gethostname()}-{psutil.boot_time():.0f}"


def start_time(pid: int) -> str:
    """When the process began, in its system's own units; "" where there is none."""
    with contextlib.suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[19]
    return ""


_held: weakref.WeakSet[Lock] = weakref.WeakSet()


class Lock:
    """An exclusive lock on a file, let go by the system when its process dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self, timeout: float = 0.0) -> bool:
        """Take the lock, waiting ``timeout`` seconds for it; False where another holds it."""
        if self.held:
            return True
        deadline = time.monotonic() + timeout
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(handle)
                    return False
                time.sleep(0.02)
            else:
                self._file = handle
                _held.add(self)
                return True

    @property
    def held(self) -> bool:
        return self._file is not None

    def touch(self) -> None:
        """Show other machines that the owner is alive."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.utime(self._file)

    def release(self) -> None:
        """Let go, also of what a forked child still shares; nothing where it is not held."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self.forget()

    def forget(self) -> None:
        """Have no part in the lock any more, which its owner goes on holding."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _forget_in_child() -> None:
    # A forked child shares the lock; it would outlive its owner in, say, a data loader's worker.
    for lock in list(_held):
        lock.forget()


os.register_at_fork(after_in_child=_forget_in_child)
