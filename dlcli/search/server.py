"""The warm process that trials are forked from: it imports once what every one of them needs.

It runs nothing itself, so that it has no second thread and has touched no GPU when it forks. It
keeps the trials' logs, says how each ended, and outlives the coordinator just long enough to see
its trials end.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcli.search.birth import DONE, STOPPING, Request
from dlcli.search.log import Log
from dlcli.search.spare import Spare
from dlcli.search.worker import GRACE_S

HEADER = struct.Struct("!I")  # the length of the JSON that follows


@dataclass
class Child:
    """A trial's process."""

    number: int
    status: int  # where to write how it ended
    log: Log
    line: socket.socket  # that says that it is done


class Server:
    """Forks trials as they are asked for, until the coordinator hangs up.

    Args:
        control: the coordinator's line.
        alive: a pipe that ends with the coordinator.
    """

    def __init__(self, control: socket.socket, alive: int) -> None:
        self._control = control
        self._alive = alive
        self._buffer = b""
        self._received: deque[int] = deque()  # file descriptors, one a request
        self._children: dict[int, Child] = {}
        self._spare: Spare | None = None  # the next trial's process
        self._deadline: float | None = None  # the coordinator is gone
        self._selector = selectors.DefaultSelector()
        self._wake = self._hear_of_children()
        self._selector.register(control, selectors.EVENT_READ, self._requests)
        self._selector.register(alive, selectors.EVENT_READ, self._left_alone)
        self._selector.register(self._wake[0], selectors.EVENT_READ, self._reap)

    def serve(self) -> None:
        """Work until there is neither a coordinator nor a trial."""
        self._reply({"ready": True})
        self._prepare()
        while self._deadline is None or self._children:
            self._turn()
            if self._deadline is not None and time.monotonic() > self._deadline:
                self._end_all()

    def _turn(self) -> None:
        """See to what has happened, but for what an earlier one of these has settled already.

        Two trials that end at once are both reaped with the first.
        """
        for key, _ in self._selector.select(self._left()):
            if self._selector.get_map().get(key.fd) is key:
                key.data()

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _hear_of_children(self) -> tuple[int, int]:
        wake = os.pipe()
        for end in wake:
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake[1], warn_on_full_buffer=False)
        return wake

    def _requests(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 16)
        except OSError:
            data, descriptors = b"", []
        if not data:
            self._left_alone()
            return
        self._buffer += data
        self._received.extend(descriptors)
        for request in self._whole():
            self._start(request, self._received.popleft())

    def _whole(self) -> Iterator[Request]:
        while len(self._buffer) >= HEADER.size:
            end = HEADER.size + HEADER.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                return
            request = json.loads(self._buffer[HEADER.size : end])
            self._buffer = self._buffer[end:]
            yield request

    def _start(self, request: Request, status: int) -> None:
        path = Path(request["folder"]) / "output.log"
        try:
            spare = self._spare or self._fork(status)
        except OSError as error:  # no memory, or too many processes
            with contextlib.suppress(OSError), path.open("a") as file:
                file.write(f"cannot start the trial: {error}\n")
            _say(status, os.EX_OSERR)
            return
        self._spare = None
        log = Log(path, spare.output)
        child = Child(request["number"], status, log, spare.line)
        self._children[spare.pid] = child
        self._selector.register(log.pipe, selectors.EVENT_READ, lambda: self._pump(log))
        self._selector.register(child.line, selectors.EVENT_READ, lambda: self._done(child))
        self._reply({"number": request["number"], "pid": spare.pid})  # who can kill it from here on
        spare.tell(request)
        self._prepare()

    def _prepare(self) -> None:
        """Fork the next trial's process, which goes quicker where somebody waits for it."""
        with contextlib.suppress(OSError):  # there may be room for it later
            self._spare = self._fork()

    def _fork(self, *others: int) -> Spare:
        return Spare(self._alive, [*self._open(), *others])

    def _open(self) -> list[int]:
        """What a trial must not hold open."""
        logs = [child.log.pipe for child in self._children.values()]
        statuses = [child.status for child in self._children.values()]
        lines = [child.line.fileno() for child in self._children.values()]
        own = [self._control.fileno(), *self._wake]
        return [*logs, *statuses, *lines, *own, *self._received]

    def _pump(self, log: Log) -> None:
        if not log.pump():
            self._selector.unregister(log.pipe)

    def _done(self, child: Child) -> None:
        """Say that a trial has come to its end, before its process has."""
        self._selector.unregister(child.line)
        with contextlib.suppress(OSError):
            if child.line.recv(len(DONE)):
                child.log.drain()
                os.write(child.status, DONE)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake[0], 4096)
        while True:
            try:
                # Its number is its own until it is waited for, so no stranger is killed.
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            _kill_group(ended.si_pid)
            self._ended(*os.waitpid(ended.si_pid, 0))

    def _ended(self, pid: int, status: int) -> None:
        if self._spare is not None and pid == self._spare.pid:
            self._spare.close()
            self._spare = None
        child = self._children.pop(pid, None)
        if child is None:
            return
        for source in (child.log.pipe, child.line):
            with contextlib.suppress(KeyError):
                self._selector.unregister(source)
        child.line.close()
        child.log.close()
        _say(child.status, os.waitstatus_to_exitcode(status))

    def _left_alone(self) -> None:
        """Give the trials, which notice it themselves, some time to end."""
        if self._spare is not None:
            self._spare.close()
            self._spare = None
        for source in (self._control, self._alive):
            with contextlib.suppress(KeyError):
                self._selector.unregister(source)
        self._deadline = self._deadline or time.monotonic() + GRACE_S

    def _end_all(self) -> None:
        for pid in self._children:
            _kill_group(pid)
        self._deadline = time.monotonic() + GRACE_S

    def _reply(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the coordinator is gone, as the loop will see
            self._control.sendall(json.dumps(message).encode() + b"\n")


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _say(status: int, code: int) -> None:
    with contextlib.suppress(OSError):
        os.write(status, str(code).encode())
    os.close(status)


def preload(modules: list[str]) -> None:
    """Import what can be; what cannot fails in the trial, which says so."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception:
            traceback.print_exc()


def main() -> None:
    """Serve: the control socket, the pipe, and the modules to preload are the arguments."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # it ends after its trials, which save at these
    control = socket.socket(fileno=int(sys.argv[1]))
    preload(sys.argv[3:])
    gc.collect()
    gc.freeze()  # a collection in a trial would copy all of these pages
    Server(control, int(sys.argv[2])).serve()


if __name__ == "__main__":
    main()
