"""One function run in a trial's kind of process, for what is no trial: checks, the final test."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from dlcli.search.attempt import Attempt
from dlcli.search.executor import Executor
from dlcli.search.trial import LOST, Result, TrialFolder

POLL_S = 1.0


def run_job(
    executor: Executor,
    folder: Path,
    task: str,
    payload: Mapping[str, Any],
    retries: int = 0,
    timeout_s: float | None = None,
) -> Result:
    """Run a task to its end and return its result; a failed one where it left none.

    Args:
        executor: with a free slot.
        folder: for the job's files; emptied first.
        task: as ``package.module:function``.
        payload: what it is handed.
        retries: further attempts where its process is lost.
        timeout_s: that one attempt may take; None for no limit.
    """
    result = _attempt(executor, folder, task, payload, timeout_s)
    for _ in range(retries):
        if result.reason not in LOST:
            break
        result = _attempt(executor, folder, task, payload, timeout_s)
    return result


def _attempt(
    executor: Executor,
    folder: Path,
    task: str,
    payload: Mapping[str, Any],
    timeout_s: float | None,
) -> Result:
    shutil.rmtree(folder, ignore_errors=True)
    trial = TrialFolder(folder / "0")
    trial.create({})
    deadline = math.inf if timeout_s is None else time.monotonic() + timeout_s
    attempt = Attempt(0, trial, "", deadline)
    attempt.handle = executor.start(trial, task, dict(payload))
    try:
        while attempt.handle.alive:
            wait([attempt.handle.sentinel], min(POLL_S, max(0.0, deadline - time.monotonic())))
            if time.monotonic() > deadline:
                attempt.out_of_time = True
                attempt.handle.kill()
    except BaseException:
        attempt.handle.kill()
        raise
    return trial.result() or attempt.lost()
