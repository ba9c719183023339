"""What a run logged, one JSON object a line, written before anything else happens to it."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlcli.errors import StoreError

Line = dict[str, Any]
CHUNK = 256 * 1024  # bytes read at once


class Spool:
    """The append-only end of a spool; a torn last line is cut off when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._torn = False
        repair(path)

    def append(self, line: Line) -> None:
        """Write one line; it survives this process, and with `sync` also a power loss.

        Raises:
            StoreError: the disk is full, or the file cannot be written.
        """
        data = (json.dumps(line, separators=(",", ":"), default=str) + "\n").encode()
        data = b"\n" + data if self._torn else data
        try:
            written = os.write(self._file, data)
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}; free some space") from error
        self._torn = written < len(data)
        if self._torn:
            raise StoreError(f"{self.path}: no space left on the device; free some space")

    def sync(self) -> None:
        """Wait until all lines are on the disk."""
        with contextlib.suppress(OSError):  # some file systems know no fsync
            os.fsync(self._file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def repair(path: Path) -> int:
    """Cut off a last line that has no end; return how many bytes that were."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        keep = size
        while keep > 0:
            start = max(0, keep - CHUNK)
            file.seek(start)
            end = file.read(keep - start).rfind(b"\n")
            if end >= 0:
                keep = start + end + 1
                break
            keep = start
        if keep < size:
            file.truncate(keep)
            os.fsync(file.fileno())
    return size - keep


def read(path: Path, offset: int = 0) -> Iterator[tuple[Line, int]]:
    """Each whole line from ``offset`` on, with the offset of its end; damaged ones are left out."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        file.seek(offset)
        for raw in file:
            if not raw.endswith(b"\n"):
                return
            offset += len(raw)
            with contextlib.suppress(ValueError):
                line = json.loads(raw)
                if isinstance(line, dict):
                    yield line, offset


def packed(value: float) -> float | str:
    """A number as JSON can hold it: the three that it cannot hold become words."""
    return value if math.isfinite(value) else str(value)
