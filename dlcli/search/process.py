"""A trial's process, as the coordinator holds it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable

from dlcli.search.birth import DONE
from dlcli.search.trial import TrialFolder
from dlcli.search.warm import Warm
from dlcli.tracking.owner import start_time


class LocalHandle:
    """A process of this machine, and the GPU that it has.

    Args:
        number: of the start, not of the trial.
        server: that forks it.
        sentinel: ready when it has ended.
        device: its own; None where it has none.
        on_end: called once, when it is seen to have ended.
    """

    def __init__(
        self,
        number: int,
        trial: TrialFolder,
        server: Warm,
        sentinel: int,
        device: str | None,
        on_end: Callable[[LocalHandle], None],
    ) -> None:
        self.trial = trial
        self.sentinel = sentinel
        self.device = device
        self.exitcode: int | None = None
        self.ended_by_us = False
        self._number = number
        self._server = server
        self._on_end = on_end
        self._pid: int | None = None
        self._born = ""  # tells the process from a later one with the same pid
        self._wanted = 0  # a signal that could not be sent yet

    @property
    def pid(self) -> int | None:
        """Also of its group; None until it has begun."""
        if self._pid is None:
            pid = self._server.pid_of(self._number)
            self._born = start_time(pid) if pid is not None else ""
            self._pid = pid
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether it works or is about to; sends a signal that could not be sent earlier.

        One that is done and has no GPU is not waited for: its end takes as long as its memory is
        large.
        """
        if self.exitcode is not None:
            return False
        while self._ready():
            said = os.read(self.sentinel, 16)
            if said != DONE or self.device is None:
                self._end(said.removeprefix(DONE) or said)
                return False
        if self._wanted and self.pid is not None:
            number, self._wanted = self._wanted, 0
            self._send(number)
        return True

    def stop(self) -> None:
        """Ask it to save and end; a handler of a signal may call this."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and all that it started; a handler of a signal may call this."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        self.ended_by_us = True
        if self.exitcode is not None or self._ready():
            return
        if self.pid is not None:
            self._send(number)
        elif not self._server.ready:
            self._server.kill()  # it is still importing, so nothing is lost
        elif self._wanted != signal.SIGKILL:
            self._wanted = number

    def _ready(self) -> bool:
        return bool(select.select([self.sentinel], [], [], 0)[0])

    def _end(self, said: bytes) -> None:
        if not said and self.pid is not None:  # the server is gone, and its trials may not be
            self._send(signal.SIGKILL)
        os.close(self.sentinel)
        self.exitcode = 0 if said == DONE else int(said) if said else -signal.SIGKILL
        self._on_end(self)

    def _send(self, number: int) -> None:
        assert self._pid is not None
        if start_time(self._pid) != self._born:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                with contextlib.suppress(ProcessLookupError):  # it may have no group yet
                    os.killpg(self._pid, number)
            os.kill(self._pid, number)
