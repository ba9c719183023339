"""What the processes of a trial print, in a file that cannot fill the disk."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

LIMIT = 1_000_000  # bytes in the file, before it becomes the older one of two
CHUNK = 1 << 16  # bytes that a pipe holds
LEFT = 256  # chunks to read of what is left in a pipe that nobody may ever close


class Log:
    """The reading end of a trial's output.

    Args:
        path: of the file, which is appended to.
        pipe: that the trial's processes write to; closed with the log.
    """

    def __init__(self, path: Path, pipe: int) -> None:
        self.pipe = pipe
        self._path = path
        self._file = -1
        self._size = 0
        os.set_blocking(pipe, False)
        self._open()

    def pump(self) -> bool:
        """Move what is in the pipe into the file; False where nothing will ever come again."""
        try:
            data = os.read(self.pipe, CHUNK)
        except BlockingIOError:
            return True
        self._write(data)
        return bool(data)

    def drain(self) -> None:
        """Move all that has been printed so far."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(LEFT):
                data = os.read(self.pipe, CHUNK)
                if not data:
                    break
                self._write(data)

    def close(self) -> None:
        """Move the rest and close; also where a process still has the pipe open."""
        self.drain()
        os.close(self.pipe)
        if self._file >= 0:
            os.close(self._file)

    def _write(self, data: bytes) -> None:
        # Lines that the disk has no room for are lost, but the trial goes on.
        with contextlib.suppress(OSError):
            if self._size + len(data) > LIMIT:
                os.close(self._file)
                self._path.replace(self._path.with_name(self._path.name + ".1"))
                self._open()
            self._size += os.write(self._file, data)

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = -1
        with contextlib.suppress(OSError):
            self._file = os.open(self._path, flags, 0o644)
            self._size = os.fstat(self._file).st_size
