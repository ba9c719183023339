"""One function run in a trial's kind of process, for what is no trial: checks, the final test."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from dlcli.search.attempt import Attempt
from dlcli.search.executor import Executor
from dlcli.search.trial import Result, TrialFolder


def run_job(executor: Executor, folder: Path, task: str, payload: Mapping[str, Any]) -> Result:
    """Run a task to its end and return its result; a failed one where it left none.

    Args:
        executor: with a free slot.
        folder: for the job's files; emptied first.
        task: as ``package.module:function``.
        payload: what it is handed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    trial = TrialFolder(folder / "0")
    trial.create({})
    attempt = Attempt(0, trial, "")
    attempt.handle = executor.start(trial, task, dict(payload))
    try:
        while attempt.handle.alive:
            wait([attempt.handle.sentinel], 1.0)
    except BaseException:
        attempt.handle.kill()
        raise
    return trial.result() or attempt.lost()
