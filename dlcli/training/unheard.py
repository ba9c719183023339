"""Signals that the main thread does not come to hear, as it is held up in code that is not Python.

Python runs a handler between two of its own instructions. A main thread that waits for another
process, or for a device that never answers, comes to none. One thread of each process is told of
its signals by the system, and ends a training that does not obey. That thread is Python, too: where
the code that holds the training up keeps the interpreter's lock, nothing is heard.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import threading
import time
from typing import Protocol

PATIENCE_S = 15.0  # of the 20 that a scheduler gives at least
AGAIN_S = 1.0  # where Ctrl-C comes again


class Request(Protocol):
    """What is asked for by signals."""

    @property
    def signal(self) -> int | None:
        """The first that was heard."""

    def handles(self, number: int) -> bool:
        """Whether this signal, as things are, comes to this request."""

    def end(self, number: int) -> None:
        """End the process, as this signal asked in vain; called on a thread of its own."""


class Watch:
    """What sees to the signals of this process, for one request at a time."""

    def __init__(self) -> None:
        self._request: Request | None = None
        self._pipe: tuple[int, int] | None = None

    def over(self, request: Request) -> None:
        """See to this request from here on, unless somebody else is told of the signals."""
        self._request = request
        if self._pipe is not None:
            return
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before)
            os.close(reader)
            os.close(writer)
            return
        self._pipe = reader, writer
        threading.Thread(target=self._wait, args=(reader,), daemon=True).start()

    def leave(self, request: Request) -> None:
        """See to this request no more; whoever handles the signals now answers for them."""
        if self._request is request:
            self._request = None

    def forget(self) -> None:
        """In a forked child: its parent's thread is not told of the child's signals."""
        if self._pipe is not None:
            with contextlib.suppress(ValueError):  # not in the main interpreter
                signal.set_wakeup_fd(-1)
            for end in self._pipe:
                os.close(end)
        self._request = self._pipe = None

    def _wait(self, reader: int) -> None:
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        seen: Request | None = None
        asked, insisted, deadline = 0, False, math.inf
        while True:
            left = None if deadline == math.inf else max(0.0, deadline - time.monotonic()) * 1000
            came = os.read(reader, 64) if poll.poll(left) else b""
            request = self._request
            if request is not seen:
                seen, asked, insisted, deadline = request, 0, False, math.inf
            if request is None:
                continue
            for number in filter(request.handles, came):
                again = number == signal.SIGINT and asked != 0
                patience = AGAIN_S if again else PATIENCE_S
                deadline = min(deadline, time.monotonic() + patience)
                asked, insisted = number if again else asked or number, insisted or again
            if time.monotonic() >= deadline:
                deadline = math.inf
                if insisted or request.signal is None:
                    request.end(asked)


watch = Watch()
os.register_at_fork(after_in_child=watch.forget)
