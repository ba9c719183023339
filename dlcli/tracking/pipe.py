"""The recorder's end of the line to the process that started it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
from typing import Any


class Pipe:
    """The line from and to the training process."""

    def __init__(self) -> None:
        self._in = sys.stdin.fileno()
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed goes to the log
        self._buffer = b""
        self._parent: int | None = None
        self.ended = False

    def receive(self, timeout: float | None) -> dict[str, Any] | None:
        """The next message; None when there is none in time, or never again (``ended``)."""
        while b"\n" not in self._buffer and not self.ended:
            if not select.select([self._in], [], [], timeout)[0]:
                # A forked child of the training can hold the pipe open after its death.
                self.ended = self._parent is not None and os.getppid() != self._parent
                return None
            data = os.read(self._in, 65536)
            self.ended = not data
            self._buffer += data
        if b"\n" not in self._buffer:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        self._parent = message.get("parent", self._parent)
        return message

    def reply(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            os.write(self._out, json.dumps(message, default=str).encode() + b"\n")
