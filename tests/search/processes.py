"""Which processes there are."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def members(group: int | None) -> list[int]:
    """Those of a process group that run."""
    return [pid for pid, state, its, _ in _all() if its == group and state != "Z"]


def alive(pid: int) -> bool:
    return _state(pid) not in "XZ"


def _all() -> list[tuple[int, str, int, int]]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        found.append((int(stat.parent.name), fields[0], int(fields[2]), int(fields[1])))
    return found


def descendants(pid: int) -> list[int]:
    """Those that a process has started, and those that they have."""
    parents = {one: parent for one, state, _, parent in _all() if state != "Z"}
    found = {pid}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {pid})


def hold(pid: int) -> list[int]:
    """Have all descendants of a process stand still; returns them."""
    found: list[int] = []
    # one of them may have forked between the look at it and its stop
    while more := [one for one in descendants(pid) if one not in found]:
        for one in more:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGSTOP)
        while any(_state(one) not in "TXZ" for one in more):
            time.sleep(0.0005)
        found += more
    return found


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"  # it has just ended
