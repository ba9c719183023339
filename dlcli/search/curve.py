"""How a sweep went, over the numbers of its trials, whatever order they ended in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlcli.search.trial import STATES, Result


class Curve:
    """Counts and the best value so far, told for a trial once all those before it are final.

    So a sweep that was stopped and went on tells the same as one that was not.

    Args:
        metrics: the objective's.
        modes: of each, ``min`` or ``max``.
    """

    def __init__(self, metrics: Sequence[str], modes: Sequence[str]) -> None:
        self._metric = metrics[0] if len(metrics) == 1 else None
        self._better = max if modes[0] == "max" else min
        self._waiting: dict[int, Result] = {}
        self._next = 0
        self._counts = dict.fromkeys(STATES, 0)
        self.best: float | None = None  # of the trials that were told of

    def add(self, number: int, result: Result) -> Iterator[tuple[int, dict[str, float]]]:
        """Take in a final trial; tells the metrics by trial number that are known from now on."""
        if number < self._next:
            return
        self._waiting[number] = result
        while self._next in self._waiting:
            self._count(self._waiting.pop(self._next))
            yield self._next, self._metrics()
            self._next += 1

    def _count(self, result: Result) -> None:
        self._counts[result.state] += 1
        if self._metric is not None and result.state == "complete":
            value = result.values[self._metric]
            self.best = value if self.best is None else self._better(self.best, value)

    def _metrics(self) -> dict[str, float]:
        metrics = {f"trials/{state}": float(count) for state, count in self._counts.items()}
        if self.best is not None:
            metrics[f"best/{self._metric}"] = self.best
        return metrics
