"""The score of a trial so far, told before any other metric.

Stores keep metrics in the order in which they first came, and their pages offer the first one when
runs are compared: that has to be what the trials are judged by, at the best checkpoint so far.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dlcli.tracking.history import Series
from dlcli.training.metrics import Mode, better

Point = tuple[Mapping[str, float], int]  # metrics and their step
STAGE = "val/"


class ScoreFirst:
    """Holds metrics back until there is a first score; then adds every better one.

    Args:
        names: of the metrics that the score is made of; those of the validation are told.
        monitor: the metric that the best checkpoint goes by.
        mode: which way of it is better.
        history: what the run has logged before.
    """

    def __init__(self, names: Sequence[str], monitor: str, mode: Mode, history: Series) -> None:
        self._names = [name for name in names if name.startswith(STAGE)]
        self._monitor = monitor
        self._mode = mode
        self._held: list[Point] = []
        self._best: float | None = None
        for _, value in history.get(monitor, []):
            self._is_best(value)
        knows = self._names and monitor.startswith(STAGE)
        self._waiting = bool(knows) and self._best is None

    def add(self, metrics: Mapping[str, float], step: int) -> list[Point]:
        """What is to be recorded now, in its order."""
        score = self._score(metrics)
        if self._waiting and not score:
            self._held.append((dict(metrics), step))
            return []
        return [*([(score, step)] if score else []), *self.release(), (metrics, step)]

    def release(self) -> list[Point]:
        """What was held back; nothing is from here on."""
        held, self._held = self._held, []
        self._waiting = False
        return held

    def _score(self, metrics: Mapping[str, float]) -> dict[str, float]:
        if self._monitor not in metrics or not self._is_best(float(metrics[self._monitor])):
            return {}
        return {f"best/{name}": metrics[name] for name in self._names if name in metrics}

    def _is_best(self, value: float) -> bool:
        if not math.isfinite(value) or not better(value, self._best, self._mode):
            return False
        self._best = value
        return True
