"""The coordinator's side of the process that trials are forked from."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Any

from dlcli.search.server import HEADER
from dlcli.tracking.python_path import python_path

CLOSING_S = 2.0


class Warm:
    """A server, started at once, that imports while the coordinator does other things.

    Args:
        preload: modules to import.
        environment: what it and its trials have beside this process's variables.
    """

    def __init__(self, preload: Sequence[str], environment: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair()
        alive, self._alive = os.pipe()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._buffer = b""
        self._pids: dict[int, int] = {}
        self._hearing = False
        self.ready = False
        self._process = self._spawn(theirs, alive, preload, environment)
        theirs.close()
        os.close(alive)

    def _spawn(
        self,
        control: socket.socket,
        alive: int,
        preload: Sequence[str],
        environment: Mapping[str, str],
    ) -> subprocess.Popen[bytes]:
        server = [sys.executable, "-P", "-m", "dlcli.search.server"]
        return subprocess.Popen(
            [*server, str(control.fileno()), str(alive), *preload],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **environment, "PYTHONPATH": python_path()},
            pass_fds=(control.fileno(), alive),
            start_new_session=True,  # Ctrl-C in the terminal is for the coordinator alone
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def start(self, request: dict[str, Any], status: int) -> None:
        """Ask for a trial.

        Args:
            status: where the server writes how the trial ended.

        Raises:
            OSError: the server is gone.
        """
        self._hear()  # lest the server has to wait until it is heard
        data = json.dumps(request).encode()
        data = HEADER.pack(len(data)) + data
        sent = socket.send_fds(self._control, [data], [status])
        self._control.sendall(data[sent:])

    def pid_of(self, number: int) -> int | None:
        """The process of a trial; None where it has not begun."""
        self._hear()
        return self._pids.get(number)

    def _hear(self) -> None:
        """Take in what the server has said."""
        if self._hearing:  # a signal has come, whose handler wants to know, too
            return
        self._hearing = True
        try:
            with contextlib.suppress(OSError):
                while data := self._control.recv(1 << 16, socket.MSG_DONTWAIT):
                    self._buffer += data
            *lines, self._buffer = self._buffer.split(b"\n")
            for line in lines:
                self._note(json.loads(line))
        finally:
            self._hearing = False

    def _note(self, reply: dict[str, Any]) -> None:
        self.ready = True
        if "pid" in reply:
            self._pids[reply["number"]] = reply["pid"]

    def kill(self) -> None:
        """End the server, not its trials."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Hang up, and wait for the end; the trials have been ended."""
        self._control.close()
        os.close(self._alive)
        try:
            self._process.wait(CLOSING_S if self.ready else 0.0)
        except subprocess.TimeoutExpired:  # it may be importing for a while
            self.kill()
            self._process.wait()
        self._log.close()

    def last_words(self) -> str:
        """The last line that the server printed."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"status {self._process.poll()}"
