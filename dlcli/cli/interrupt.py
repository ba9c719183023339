"""Ctrl-C while modules are imported, which may not hear of it in any other way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dlcli.cli import output
from dlcli.cli.boundary import report
from dlcli.errors import Stopped


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
