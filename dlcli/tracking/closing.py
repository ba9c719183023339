"""How a run ends, and what is added to it later, when its own process does not see to that."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

from dlcli.errors import BusyError
from dlcli.tracking import spool
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.run import Run

DYING_S = 2.0  # a dying process lets go of its files one by one


def close_abandoned(folder: RunFolder, wait: float = DYING_S) -> bool:
    """Mark a run KILLED whose owner is dead; whether it was one.

    Args:
        folder: the run's.
        wait: seconds to wait for the owner's lock.
    """
    info = folder.read()
    if info is None or info.status != "RUNNING":
        return False
    with _owned(folder, wait) as ours:
        if not ours:
            return False
        status, reason, ended = last_status(folder)
        if status == "RUNNING":
            status, reason, ended = "KILLED", "killed", _last_sign(folder)
            _append_status(folder, status, reason, ended)
        folder.update(status=status, reason=reason, ended=ended)
        folder.clean()
    return True


def close(folder: RunFolder, status: str, reason: str, wait: float, now: bool = True) -> bool:
    """Give a run the end that its process left to another; done again, it changes nothing.

    Args:
        folder: the run's, closed or not.
        status: how it ended.
        reason: why, in a word or a line.
        wait: seconds to wait for the owner's lock.
        now: whether it ended just now; else it ended when it last gave a sign.

    Returns:
        Whether anything is left to deliver.

    Raises:
        BusyError: its process lives on.
    """
    info = folder.read()
    if info and (info.status, info.reason) == (status, reason) and not folder.marker.exists():
        return False
    with _owned(folder, wait) as ours:
        if not ours:
            raise BusyError(f"run {folder.id} is owned by {folder.owner or 'another process'}")
        folder.mark()
        before, why, ended = last_status(folder)
        if before == "RUNNING":
            ended = int(time.time() * 1000) if now else _last_sign(folder)
        if (before, why) != (status, reason):
            _append_status(folder, status, reason, ended)
        folder.update(status=status, reason=reason, ended=ended)
        folder.clean()
    return True


def add(
    folder: RunFolder, metrics: Mapping[str, float], tags: Mapping[str, str], step: int, wait: float
) -> None:
    """Log to a run without opening it again; what it has already is not logged twice.

    Raises:
        BusyError: another process works on it.
        ConfigError: two names that MLflow cannot tell apart.
        StoreError: the disk is full.
    """
    folder.lock.acquire(wait)
    run = Run(folder, lambda run, timeout: False)
    try:
        folder.clean()
        folder.mark()
        run.recall()
        run.log_metrics(metrics, step)
        known = _tags(folder)
        run.set_tags({name: text for name, text in tags.items() if known.get(name) != text})
    finally:
        run.release()


def _tags(folder: RunFolder) -> dict[str, str]:
    """The tags that were logged."""
    tags: dict[str, str] = {}
    for line, _ in spool.read(folder.spool):
        tags |= line["values"] if line.get("kind") == "tag" else {}
    return tags


def last_status(folder: RunFolder) -> tuple[str, str, int]:
    """The spool's word on how the run ended; it is written before run.json is."""
    last = ("RUNNING", "", 0)
    for line, _ in spool.read(folder.spool):
        if line.get("kind") == "status":
            last = (line["status"], line["reason"], line["time"])
    return last


def _append_status(folder: RunFolder, status: str, reason: str, ended: int) -> None:
    lines = folder.open_spool()
    lines.append({"kind": "status", "status": status, "reason": reason, "time": ended})
    lines.sync()
    lines.close()


def _last_sign(folder: RunFolder) -> int:
    """When the run last wrote anything, in milliseconds since 1970."""
    return int(folder.spool.stat().st_mtime * 1000)


@contextlib.contextmanager
def _owned(folder: RunFolder, wait: float) -> Iterator[bool]:
    """Hold the owner's lock, unless it is held anyway; whether that was possible."""
    held = folder.lock.held
    ours = held or folder.lock.acquire(wait)
    try:
        yield ours
    finally:
        if ours and not held:
            folder.lock.release()
