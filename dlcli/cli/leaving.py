"""The end of a command, at once: taking torch apart in order takes seconds and brings nothing."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
import threading
from typing import NoReturn

WRITTEN = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)


def leave(status: int) -> NoReturn:
    """End this process as Python does, but for the order in which modules are taken apart.

    Threads that are not daemons are waited for, what `atexit` knows is called, and what was
    written into files that are still open reaches them. Under a debugger or a profiler, which may
    have something to say at the end, Python ends as ever.

    Args:
        status: to exit with.

    Raises:
        SystemExit: somebody traces or profiles this process.
    """
    if sys.gettrace() or sys.getprofile():
        sys.exit(status)
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        _flush()
    finally:
        os._exit(status)


def _flush() -> None:
    """Write out what open files hold, those of user's code too."""
    # text first, as it is handed on to a file of bytes
    files = [one for one in gc.get_objects() if type(one) in WRITTEN]
    for file in sorted(files, key=lambda one: WRITTEN.index(type(one))):
        with contextlib.suppress(OSError, ValueError):  # closed; only to be read; a full disk
            file.flush()
