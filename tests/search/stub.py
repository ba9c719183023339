"""Trials without torch, which do what their payload says."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dlcli.errors import CheckpointError, ConfigError, DataError, Stopped, TrainingError
from dlcli.search.reporter import Outcome, Reporter
from dlcli.tracking.folder import replace_file
from dlcli.tracking.run import Run, open_run
from dlcli.tracking.scratch import clear_scratch

ERRORS = {
    "config": ConfigError("model.width: must be positive"),
    "data": DataError("data: no such file"),
    "diverged": TrainingError("the loss is nan", reason="diverged"),
    "oom": TrainingError("out of memory", reason="oom"),
    "monitor": TrainingError("val/los was never logged", reason="monitor"),
    "own": TrainingError("model.py:3: ZeroDivisionError: division by zero"),
    "lost": TrainingError("another process ended", reason="lost process"),
    "memory": MemoryError("no room"),
    "error": ZeroDivisionError("division by zero"),
    "cuda": RuntimeError("CUDA error: device-side assert triggered"),
    "interrupt": KeyboardInterrupt(),
    "no_room": OSError(errno.ENOSPC, "No space left on device"),
    "full": CheckpointError("last.ckpt: cannot be written"),
    "stopped": Stopped("stopped by SIGTERM", 15),
}
ERRORS["own"].__cause__ = ERRORS["error"]
ERRORS["full"].__cause__ = ERRORS["no_room"]


def run(payload: dict[str, Any], reporter: Reporter) -> Outcome:
    """Report `epochs` epochs of `sleep` seconds, having done what `act` names."""
    act = payload.get("act", "")
    getattr(sys.modules[__name__], f"_{act}", lambda payload: None)(payload)
    if act in ERRORS:
        raise ERRORS[act]
    if "root" not in payload:
        return _train(payload, reporter, None)
    run = open_run(Path(payload["root"]), payload["run_id"])
    try:
        return _train(payload, reporter, run)
    finally:
        run.release()


def _train(payload: dict[str, Any], reporter: Reporter, run: Run | None) -> Outcome:
    value = float(payload.get("value", 0.5))
    checkpoint = run.artifacts / "checkpoints" / "last.json" if run else None
    if checkpoint and checkpoint.exists():
        done = int(json.loads(checkpoint.read_text())["epoch"])
    else:
        done = 0 if checkpoint else len(reporter.trial.reports()[0])
    if checkpoint:
        clear_scratch(checkpoint.parent)
    for epoch in range(done + 1, payload.get("epochs", 2) + 1):
        time.sleep(payload.get("sleep", 0.02))
        loss = {"val/loss": value / epoch}
        if run and checkpoint:
            run.log_metrics(loss, epoch, flush=True)
        if reporter.report(epoch, loss):
            return Outcome("pruned", loss)
        if checkpoint:
            checkpoint.parent.mkdir(exist_ok=True)
            replace_file(checkpoint, json.dumps({"epoch": epoch}))
    return Outcome("complete", {"val/loss": value}, fit_seconds=0.25)


def _exit(payload: dict[str, Any]) -> None:
    sys.exit(payload.get("status", 0))


def _os_exit(payload: dict[str, Any]) -> None:
    os._exit(payload.get("status", 0))


def _segfault(payload: dict[str, Any]) -> None:
    ctypes.string_at(0)


def _hang(payload: dict[str, Any]) -> None:
    time.sleep(600)


def _deaf(payload: dict[str, Any]) -> None:
    """Hang without hearing SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf")
    time.sleep(600)


def _stubborn(payload: dict[str, Any]) -> None:
    """Hang in C code that holds the interpreter's lock, so that no thread of it runs."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf")
    ctypes.PyDLL(None).sleep(600)


def _print(payload: dict[str, Any]) -> None:
    block = b"x" * 99 + b"\n"
    for _ in range(payload["megabytes"]):
        os.write(1, block * 10_000)
    print("the last line")


def _family(payload: dict[str, Any]) -> None:
    """Hang with a process below, as a data loader has, and another program."""
    if os.fork() == 0:
        time.sleep(600)
    subprocess.Popen(["sleep", "600"])
    time.sleep(600)


def _fork(payload: dict[str, Any]) -> None:
    """Go on in two processes, of which the child is quicker."""
    if os.fork() > 0:
        time.sleep(0.1)


def _read(payload: dict[str, Any]) -> None:
    assert sys.stdin.read() == ""
    print("read nothing")


def _environment(payload: dict[str, Any]) -> None:
    for name in payload["names"]:
        print(f"{name}={os.environ.get(name)}")
    print(f"folder={Path.cwd()}")


def distributed(payload: dict[str, Any], reporter: Reporter) -> Outcome:
    """Start a second rank as Lightning does: the same command, told only that it is one."""
    import __main__

    rank = int(os.environ.get("LOCAL_RANK", "0"))
    print(f"rank {rank} of {len(payload.get('secret', ''))}")
    if rank == 0:
        os.environ["LOCAL_RANK"] = "0"  # Lightning does so
        command = [sys.executable, "-m", __main__.__spec__.name, *sys.argv[1:]]
        other = subprocess.Popen(command, env=os.environ | {"LOCAL_RANK": "1"})
        time.sleep(600 if payload.get("hang") else 0)
        assert other.wait() == 0
    elif payload.get("hang"):
        time.sleep(600)
    reporter.report(1, {"val/loss": 1.0})
    return Outcome("complete", {"val/loss": 1.0})
