"""A process forked ahead of its trial, which it is told of later: a fork takes time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Sequence
from typing import NoReturn

from dlcli.search.birth import STOPPING, Request, alone, become

CHUNK = 1 << 16


class Spare:
    """A process that waits to become a trial's, and ends with this one.

    Args:
        alive: a pipe that ends with the coordinator.
        others: what is open here and not its business.

    Attributes:
        output: where to read what it prints.
        line: where to read that it is done.

    Raises:
        OSError: there is no memory, or there are too many processes.
    """

    def __init__(self, alive: int, others: Sequence[int]) -> None:
        self.line, theirs = socket.socketpair()
        self.output, output = os.pipe()
        # One that comes before the child obeys it would be lost, as the server ignores them.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _wait(theirs, output, alive, [*others, self.output, self.line.fileno()])
        except OSError:
            self.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
            os.close(output)
            theirs.close()

    def tell(self, request: Request) -> None:
        """Have it become a trial's process; one that has died is seen to be dead soon."""
        with contextlib.suppress(OSError):
            self.line.sendall(json.dumps(request).encode())
            self.line.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let it end."""
        self.line.close()
        os.close(self.output)


def _wait(line: socket.socket, output: int, alive: int, others: Sequence[int]) -> NoReturn:
    try:
        alone(others)
        data = b""
        while more := line.recv(CHUNK):
            data += more
        if data:
            become(json.loads(data), output, alive, line)
    finally:
        os._exit(0)
