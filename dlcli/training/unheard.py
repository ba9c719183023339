"""Signals that the main thread does not come to hear, as it is held up in code that is not Python.

Python runs a handler between two of its own instructions. A main thread that waits for another
process, or for a device that never answers, comes to none.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Container

PATIENCE_S = 15.0  # of the 20 that a scheduler gives at least
AGAIN_S = 3.0  # where Ctrl-C comes again


class Unheard:
    """Says when a signal has not been heard for too long.

    Args:
        numbers: the signals to see to.
        end: called with the first signal that was not heard, on a thread of its own.
    """

    def __init__(self, numbers: Container[int], end: Callable[[int], object]) -> None:
        self._numbers = numbers
        self._end = end
        self._heard = math.inf  # when last; later than any other time as long as none was
        self._watching = False

    def watch(self) -> None:
        """Begin, unless that was done, or somebody else is told of the signals."""
        if self._watching:
            return
        self._watching = True
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before)
            os.close(reader)
            os.close(writer)
            return
        threading.Thread(target=self._wait, args=(reader,), daemon=True).start()

    def heard(self) -> None:
        """The main thread has heard a signal."""
        self._heard = time.monotonic()

    def _wait(self, reader: int) -> None:
        first, since, deadline = 0, math.inf, math.inf
        while True:
            before = time.monotonic()
            left = None if deadline == math.inf else max(0.0, deadline - before)
            ready = select.select([reader], [], [], left)[0]
            for number in os.read(reader, 64) if ready else b"":
                if number not in self._numbers:
                    continue
                again = number == signal.SIGINT and (first or self._heard < before)
                patience = AGAIN_S if again else PATIENCE_S
                deadline = min(deadline, time.monotonic() + patience)
                first, since = first or number, min(since, before)
            if since <= self._heard < math.inf:
                first, since, deadline = 0, math.inf, math.inf
            elif time.monotonic() >= deadline:
                self._end(first)
                first, since, deadline = 0, math.inf, math.inf


def _not_in_child() -> None:
    # It would tell the parent's thread of the child's signals.
    with contextlib.suppress(ValueError):
        signal.set_wakeup_fd(-1)


os.register_at_fork(after_in_child=_not_in_child)
