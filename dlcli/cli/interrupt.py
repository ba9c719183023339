"""Ctrl-C where Python would lose it: while modules are imported, and in what is called for objects
that come to their end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dlcli.cli import output
from dlcli.cli.boundary import report
from dlcli.errors import Stopped

AGAIN_S = 0.01


def hear_again() -> None:
    """Have a Ctrl-C come once more where its exception was ignored.

    Python ignores what is raised in the callback of a weak reference or by ``__del__``, and these
    may run at any moment.
    """
    usual = sys.unraisablehook

    def hook(ignored: sys.UnraisableHookArgs) -> None:
        if ignored.exc_type is KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        else:
            usual(ignored)

    sys.unraisablehook = hook
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))


@contextmanager
def importing() -> Iterator[None]:
    """End the program at once at a Ctrl-C, and say in a terminal what takes its time.

    Only for where nothing has been started yet: an import that is interrupted by an exception may
    swallow it, or leave a package half there.
    """
    before = signal.signal(signal.SIGINT, _end)
    try:
        with output.waiting_for("importing PyTorch …"):
            yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(report(Stopped("stopped by SIGINT before anything was started", number)))
