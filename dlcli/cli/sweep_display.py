"""How a sweep goes, while it goes: a table that is redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlcli.cli import output

if TYPE_CHECKING:
    from dlcli.config.space import Value
    from dlcli.search.folder import Frozen, SweepFolder
    from dlcli.search.protocols import Watch
    from dlcli.search.trial import Result

REDRAW_S = 0.25
TAIL = 5  # lines of a failed trial's log


@contextmanager
def display(
    folder: SweepFolder,
    frozen: Frozen,
    total: int,
    before: int,
    best: tuple[int, float] | None,
    quiet: bool,
) -> Iterator[Watch]:
    """Who is told how the sweep goes, as fits where stderr leads to.

    Args:
        folder: of the sweep, whose trials' logs are shown.
        frozen: what the sweep is.
        total: how many trials there are to be.
        before: how many were final at the start.
        best: number and value of the best of them.
        quiet: show nothing.
    """
    if quiet:
        yield Silent()
        return
    number, value = best or (None, None)
    progress = Progress(folder, frozen, total, before, value, number)
    if not output.can_redraw():
        yield Lines(progress)
        return
    from dlcli.cli.sweep_live import live

    with live(progress) as watch:
        yield watch


class Silent:
    """Shows nothing."""

    def started(self, number: int, params: Mapping[str, Value], again: bool) -> None: ...
    def reported(self, number: int, step: int, values: Mapping[str, float]) -> None: ...
    def ended(self, number: int, result: Result) -> None: ...
    def lost(self, number: int, reason: str, message: str) -> None: ...
    def tick(self) -> None: ...


@dataclass
class Current:
    """A trial that runs now."""

    params: Mapping[str, Any]
    since: float
    step: int = 0
    value: float | None = None


@dataclass
class Progress:
    """What there is to tell of a sweep.

    Args:
        before: how many trials were final at the start.
        best: the best value so far, and whose it is.
    """

    folder: SweepFolder
    frozen: Frozen
    total: int
    before: int = 0
    best: float | None = None
    best_number: int | None = None
    running: dict[int, Current] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def metric(self) -> str:
        """The objective's, or the first of several."""
        return self.frozen.metrics[0]

    def start(self, number: int, params: Mapping[str, Any]) -> None:
        """A trial runs."""
        self.running[number] = Current(params, time.monotonic())

    def report(self, number: int, step: int, values: Mapping[str, float]) -> None:
        """A trial has finished an epoch."""
        if current := self.running.get(number):
            current.step = step
            current.value = values.get(self.metric, current.value)

    def end(self, number: int, result: Result) -> None:
        """A trial is final."""
        self.running.pop(number, None)
        self.counts[result.state] = self.counts.get(result.state, 0) + 1
        value = result.values.get(self.metric)
        if result.state != "complete" or value is None or not math.isfinite(value):
            return
        sign = 1 if self.frozen.modes[0] == "min" else -1
        if self.best is None or sign * value < sign * self.best:
            self.best, self.best_number = value, number

    def left_s(self) -> float | None:
        """Seconds that the rest will take, by what has been done since the start; None: unknown."""
        done = sum(self.counts.values())
        if not done:
            return None
        return (time.monotonic() - self.began) / done * max(0, self.total - self.before - done)

    def tail(self, number: int) -> list[str]:
        """The last lines that a trial wrote."""
        return self.folder.trial(number).tail(TAIL)


def point(params: Mapping[str, Any]) -> str:
    """Parameters in a line."""
    return " ".join(
        f"{key}={output.number(value) if isinstance(value, float) else value}"
        for key, value in params.items()
    )


def ending(progress: Progress, number: int, result: Result) -> str:
    """How a trial ended, in a line."""
    value = result.values.get(progress.metric)
    score = f" {progress.metric} {output.number(value)}" if value is not None else ""
    why = f" ({result.reason}: {result.message})" if result.state == "failed" else ""
    alone = len(progress.frozen.metrics) == 1
    best = ", the best so far" if alone and progress.best_number == number else ""
    return f"trial {number} {result.state}{score}{why}{best}"


class Lines:
    """One line for each trial that starts, ends, or is lost."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def started(self, number: int, params: Mapping[str, Value], again: bool) -> None:
        """Name its parameters."""
        self.progress.start(number, params)
        output.say(f"trial {number} {'goes on' if again else 'starts'}: {point(params)}")

    def reported(self, number: int, step: int, values: Mapping[str, float]) -> None:
        """Nothing: a line for each epoch would be too many."""
        self.progress.report(number, step, values)

    def ended(self, number: int, result: Result) -> None:
        """Say how; show the end of a failed one's log."""
        self.progress.end(number, result)
        output.say(ending(self.progress, number, result))
        if result.state == "failed":
            for line in self.progress.tail(number):
                output.say(f"  | {line}")

    def lost(self, number: int, reason: str, message: str) -> None:
        """Say why."""
        self.progress.running.pop(number, None)
        output.say(f"trial {number}: {reason}, will be tried again ({message})")

    def tick(self) -> None:
        """Nothing."""
