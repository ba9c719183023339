"""A trial in a process of its own: runs its task, and leaves a result as its very last act."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from dlcli.errors import (
    BusyError,
    ConfigError,
    DataError,
    DlcliError,
    Stopped,
    StoreError,
    TrainingError,
)
from dlcli.search.reporter import Outcome, Reporter, Task
from dlcli.search.trial import STORAGE, Result, TrialFolder
from dlcli.tracking.disk import refusal
from dlcli.tracking.folder import replace_file
from dlcli.tracking.owner import Lock, Owner

GRACE_S = 8.0  # for a trial without a coordinator to save what it has
PREDECESSOR_S = 20.0  # how long the last process of the same trial may take to be gone
LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib"))
# What a training calls a failure that is not the trial's: another attempt may do better.
LOST = ("lost process",)
REASONS = {"monitor": "config"}  # a metric that is never logged: no trial would log it
KNOWN = ("diverged", "oom", "error", "config", "data")


def work(path: Path, task: str, payload: Mapping[str, Any], alive: int) -> int:
    """Run a trial's task in this process; returns the status to exit with.

    Args:
        path: of the trial's folder.
        task: as ``package.module:function``.
        alive: a pipe that nothing is written to and that ends when the coordinator does.
    """
    follow(alive)
    trial = TrialFolder(path)
    if int(os.environ.get("LOCAL_RANK", "0")) > 0:  # Lightning's; the first rank records
        return _further_rank(trial, task, payload)
    lock = Lock(trial.lock)
    if not lock.acquire(PREDECESSOR_S):
        print(f"{trial.lock}: another process still runs this trial", file=sys.stderr)
        return BusyError.status
    owner = json.dumps(Owner.current().written())
    replace_file(path / "process.json", owner, sync=False)
    return _record(trial, task, payload)


def _record(trial: TrialFolder, task: str, payload: Mapping[str, Any]) -> int:
    begun, process = time.monotonic(), os.getpid()
    try:
        outcome = load(task)(dict(payload), Reporter(trial))
        reason = "finished" if outcome.state == "complete" else "pruned"
        result = Result(
            outcome.state,
            reason,
            outcome.values,
            fit_seconds=outcome.fit_seconds,
            details=outcome.details,
        )
    except BaseException as error:
        found = explained(error)
        if isinstance(found, int):
            return found
        result = found
    if os.getpid() != process:  # the task has forked, and this is not the trial
        return 1
    _flush()
    elapsed = time.monotonic() - begun
    try:
        trial.write_result(replace(result, seconds=elapsed))
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    return 0


def _further_rank(trial: TrialFolder, task: str, payload: Mapping[str, Any]) -> int:
    try:
        load(task)(dict(payload), Reporter(trial, first=False))
    except DlcliError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    return 0


def load(task: str) -> Task:
    """The function that ``package.module:function`` names."""
    module, _, name = task.partition(":")
    return cast(Task, getattr(importlib.import_module(module), name))


def explained(error: BaseException) -> Result | int:
    """The result of a trial whose task raised; an exit status where it has none.

    A trial that was stopped, or that lost what it needs, goes on another time.
    """
    match error:
        case Stopped() | BusyError():
            print(f"{error.kind}: {error}", file=sys.stderr)
            return error.status
        case TrainingError() if error.reason in LOST:
            print(f"error: {error}", file=sys.stderr)
            return error.status
        case KeyboardInterrupt():
            return 128 + signal.SIGINT
        case SystemExit():
            traceback.print_exception(error)
            return error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        case DlcliError():
            if reason(error) == "error" and error.__cause__:  # of the user's code
                traceback.print_exception(error.__cause__)
            print(f"error: {error}", file=sys.stderr)
            return Result("failed", reason(error), {}, str(error))
    traceback.print_exception(error)
    return Result("failed", reason(error), {}, described(error))


def reason(error: BaseException) -> str:
    """The class of a failure."""
    if isinstance(error, StoreError) or (not isinstance(error, DataError) and refusal(error)):
        return STORAGE
    if isinstance(error, TrainingError):
        named = REASONS.get(error.reason, error.reason)
        return named if named in KNOWN else "error"
    if isinstance(error, (ConfigError, DataError)):
        return error.kind
    # torch's, by its name, as nothing here imports torch
    names = [kind.__name__ for kind in type(error).__mro__]
    return "oom" if "MemoryError" in names or "OutOfMemoryError" in names else "error"


def described(error: BaseException) -> str:
    """An error in one line, with the line of code it came from: the user's where there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if not one.filename.startswith((*LIBRARIES, "<"))]
    said = str(error).strip().partition("\n")[0]
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    place = (own or frames)[-1:]
    return f"{place[0].filename}:{place[0].lineno}: {text}" if place else text


def follow(alive: int) -> None:
    """End this process and its group soon after the coordinator's end.

    Args:
        alive: as for `work`.
    """
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()


def _end_with(alive: int) -> None:
    with contextlib.suppress(OSError):
        os.read(alive, 1)
    print("the sweep's process is gone: stopping", file=sys.stderr)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


__all__ = ["Outcome", "described", "explained", "follow", "load", "reason", "work"]
