"""Another interpreter that runs a ``dlcli`` command and gets the signals of this process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType, TracebackType

from dlcli.errors import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Forwarded:
    """A process that gets the signals of this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._signal: int | None = None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Forwarded:
        heard = [one for one in SIGNALS if signal.getsignal(one) != signal.SIG_IGN]  # not nohup
        self._before = {number: signal.signal(number, self._handle) for number in heard}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        if self._process is not None:
            self._process.send_signal(number)

    def check(self) -> None:
        """Raise where a signal has come before there was a process to get it.

        Raises:
            Stopped: with the signal.
        """
        if self._signal is not None:
            name = signal.Signals(self._signal).name
            raise Stopped(f"stopped by {name} before anything was started", self._signal)

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], lock: int) -> int:
        """Run a ``dlcli`` command line to its end, and return its exit status.

        Args:
            arguments: the words after ``dlcli``.
            environment: of the process.
            lock: an open file that it is to keep open.
        """
        # in a group of its own, or Ctrl-C would reach it twice
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dlcli", *arguments],
            env=environment,
            pass_fds=(lock,),
            process_group=0,
        )
        if self._signal is not None:
            self._process.send_signal(self._signal)
        status = self._process.wait()
        return status if status >= 0 else 128 - status
