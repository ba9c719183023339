"""A trial's process that outlived its coordinator: given time to end, then ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal

from dlcli.errors import BusyError
from dlcli.search.trial import TrialFolder
from dlcli.search.worker import GRACE_S
from dlcli.tracking.owner import Lock, Owner

PATIENCE_S = GRACE_S + 1.0  # it ends by itself, with a checkpoint
KILLING_S = 2.0


def end_leftover(trial: TrialFolder) -> None:
    """Wait until no process runs a trial.

    Raises:
        BusyError: one does on another machine, or cannot be ended.
    """
    if not trial.lock.exists():
        return
    lock = Lock(trial.lock)
    if not lock.acquire(PATIENCE_S):
        owner = _owner(trial)
        if owner is not None and owner.lives():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(owner.pid, signal.SIGKILL)
        if not lock.acquire(KILLING_S):
            raise BusyError(f"{trial.path}: {owner or 'a process'} still runs this trial; end it")
    lock.release()


def _owner(trial: TrialFolder) -> Owner | None:
    with contextlib.suppress(OSError, ValueError):
        return Owner.read(json.loads((trial.path / "process.json").read_text()))
    return None
