"""The live display of a sweep on a terminal: what runs, what is done, the best, the time left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlcli.cli import output
from dlcli.cli.sweep_display import REDRAW_S, Lines, Progress, ending, point

if TYPE_CHECKING:
    from dlcli.config.space import Value
    from dlcli.search.trial import Result


@contextmanager
def live(progress: Progress) -> Iterator[Live]:
    """A display at the bottom of the terminal, with a line above it for each trial that ends."""
    from rich.console import Console
    from rich.live import Live as RichLive

    console = Console(stderr=True, highlight=False)
    with RichLive(console=console, auto_refresh=False, transient=True) as rich:
        yield Live(progress, rich)


class Live(Lines):
    """Redraws a table a few times a second.

    Args:
        progress: what there is to show.
        rich: where to.
    """

    def __init__(self, progress: Progress, rich: Any) -> None:
        super().__init__(progress)
        self._rich = rich
        self._drawn = 0.0

    def started(self, number: int, params: Mapping[str, Value], again: bool) -> None:
        """Show it in the table."""
        self.progress.start(number, params)
        self._draw()

    def ended(self, number: int, result: Result) -> None:
        """Leave a line above the table; the end of the log of a failed one, too."""
        self.progress.end(number, result)
        self._say(ending(self.progress, number, result))
        if result.state == "failed":
            for line in self.progress.tail(number):
                self._say(f"  | {line}")
        self._draw()

    def lost(self, number: int, reason: str, message: str) -> None:
        """Leave a line above the table."""
        self.progress.running.pop(number, None)
        self._say(f"trial {number}: {reason}, will be tried again ({message})")

    def tick(self) -> None:
        """Redraw, but not too often."""
        if time.monotonic() - self._drawn > REDRAW_S:
            self._draw()

    def _say(self, line: str) -> None:
        self._rich.console.print(
            line, markup=False, emoji=False, soft_wrap=False, overflow="ellipsis"
        )

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._rich.update(self._table(), refresh=True)

    def _table(self) -> Any:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, expand=False)
        for heading in ("trial", "epoch", self.progress.metric, "time", "parameters"):
            table.add_column(Text(heading), overflow="ellipsis", no_wrap=True)
        for number, one in sorted(self.progress.running.items()):
            value = "" if one.value is None else output.number(one.value)
            seconds = duration(time.monotonic() - one.since)
            cells = (str(number), str(one.step), value, seconds, point(one.params))
            # as it is, where [/x] and :x: would be Rich's markup
            table.add_row(*map(Text, cells))
        return Group(table, Text(self._status(), no_wrap=True, overflow="ellipsis"))

    def _status(self) -> str:
        progress = self.progress
        counts = [f"{count} {state}" for state, count in sorted(progress.counts.items())]
        done = ", ".join([f"{len(progress.running)} running", *counts])
        before = f", {progress.before} before" if progress.before else ""
        words = [f"{progress.frozen.name}: {done}{before}, of {progress.total}"]
        if progress.best is not None:
            number = progress.best_number
            whose = "" if number is None else f" (trial {number})"
            words.append(f"best {progress.metric} {output.number(progress.best)}{whose}")
        left = progress.left_s()
        if left is not None:
            words.append(f"{duration(left)} left")
        return "; ".join(words)


def duration(seconds: float) -> str:
    """Seconds as minutes and hours where these are more readable."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
