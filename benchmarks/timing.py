"""Time whole processes in turn, so that a change of the machine's speed meets all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Command = Sequence[str]


def run(command: Command, cwd: Path | None = None) -> float:
    """Seconds from the start of a command to its end.

    Raises:
        RuntimeError: the command failed; with the end of what it printed.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return seconds


def interleaved(
    measures: Mapping[str, Callable[[], float]], repetitions: int, warm_up: int = 1
) -> dict[str, float]:
    """The median seconds of each measure, taken in turn after a warm-up."""
    times: dict[str, list[float]] = {name: [] for name in measures}
    for repetition in range(warm_up + repetitions):
        for name, measure in measures.items():
            seconds = measure()
            if repetition >= warm_up:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}
