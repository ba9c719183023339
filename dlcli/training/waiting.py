"""How torch's threads wait for each other: asleep where other programs need the cores.

While one thread of a step is late, libgomp's others spin for milliseconds. Where all cores are free
that is the quickest way; where another program has one of them, a thread that spins keeps the late
one from running, and a step takes many times as long. How they wait changes no result.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
TOLD = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")  # whoever sets one knows better
BRIEFLY = "300"  # rounds of a waiting loop, of which libgomp has 300,000
LEAST_S = 0.05  # of looking
TAKEN = 1 / 8  # of the cores, and half a core at least: others need them
LEAST_TAKEN = 0.5


@dataclass(frozen=True)
class Moment:
    """What the cores had done by a moment.

    Args:
        busy: seconds that the cores this process may use ran anything, added up.
        own: seconds of them that it was this process, or a child of it that has ended.
        passed: seconds on one core's clock.
    """

    busy: float
    own: float
    passed: float


def now(stat: Path = STAT) -> Moment | None:
    """What the cores have done until now; None where the system does not tell."""
    try:
        lines = [line.split() for line in stat.read_text().splitlines()]
        cores = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        tick = os.sysconf("SC_CLK_TCK")
    except (AttributeError, OSError, ValueError):
        return None
    # user, nice and system time, and that of interrupts; neither idle time nor that of other guests
    ran = [sum(map(int, [*one[1:4], *one[6:8]])) for one in lines if one and one[0] in cores]
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    return Moment(sum(ran) / tick, own, times.elapsed)


def taken(before: Moment, after: Moment) -> float:
    """How many cores other programs ran on between two moments, on average."""
    passed = after.passed - before.passed
    return max(0.0, (after.busy - before.busy - (after.own - before.own)) / passed)


class Look:
    """Looks at the cores from now on, until it is asked."""

    def __init__(self) -> None:
        self._before = now()

    def others_need_them(self) -> bool:
        """Whether other programs ran on so many cores that this one's threads lack some."""
        after = now()
        if self._before is None or after is None:
            return False
        if after.passed - self._before.passed < LEAST_S:
            return False
        cores = len(os.sched_getaffinity(0))
        return taken(self._before, after) >= max(LEAST_TAKEN, TAKEN * cores)


_look: Look | None = None


def look() -> None:
    """Begin to look, as the first thing that a command does."""
    global _look
    _look = Look()


def settle() -> None:
    """Choose how threads wait, once, before torch is imported here or in a process started now."""
    global _look
    begun, _look = _look, None
    told = any(name in os.environ for name in TOLD)
    if begun is not None and not told and begun.others_need_them():
        os.environ["GOMP_SPINCOUNT"] = BRIEFLY
