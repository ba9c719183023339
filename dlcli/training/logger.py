"""Lightning's metrics, led to the run that records them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities import rank_zero_only

from dlcli.tracking.run import Run
from dlcli.training.score import Point, ScoreFirst


class RunLogger(Logger):
    """Hands metrics to a run; ``run`` is set once there is one, and stays None on other ranks.

    ``score``, where it is set, says what is recorded before what.
    """

    def __init__(self) -> None:
        super().__init__()
        self.run: Run | None = None
        self.score: ScoreFirst | None = None

    @property
    def name(self) -> str | None:
        """The run's name."""
        return self.run.name if self.run else None

    @property
    def version(self) -> str | None:
        """The run's id."""
        return self.run.id if self.run else None

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Record metrics at an optimizer step."""
        at = step or 0
        self._record(self.score.add(metrics, at) if self.score else [(metrics, at)])

    @rank_zero_only
    def flush(self) -> None:
        """Make what is recorded so far survive a power loss."""
        self.release()
        if self.run is not None:
            self.run.log_metrics({}, step=0, flush=True)

    @rank_zero_only
    def release(self) -> None:
        """Record what was held back."""
        self._record(self.score.release() if self.score else [])

    def _record(self, points: Iterable[Point]) -> None:
        for metrics, step in points:
            if self.run is not None:
                self.run.log_metrics(metrics, step=step)

    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any
    ) -> None:
        """Nothing: the whole configuration is recorded before training starts."""
