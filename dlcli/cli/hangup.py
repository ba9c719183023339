"""A terminal that is closed while a command works: what it would show is dropped, no error."""

from __future__ import annotations

import errno
import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Terminal(io.FileIO):
    """A terminal; once it is gone, each write to it would be an input/output error."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or do as if."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return memoryview(data).nbytes


def outlive_terminal() -> None:
    """Take the terminal from stdout and stderr, where they have one, and give them one to lose."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream.isatty():
            raw = io.BufferedWriter(_Terminal(stream.fileno(), "w", closefd=False))
            encoding, errors = stream.encoding, stream.errors
            setattr(sys, name, io.TextIOWrapper(raw, encoding, errors, line_buffering=True))
