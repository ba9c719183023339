"""What a trial's task is, and how it speaks while it runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dlcli.search.trial import Report, TrialFolder


@dataclass(frozen=True)
class Outcome:
    """What a task returns.

    Args:
        values: the trial's, by the name of the metric.
        fit_seconds: how long it trained.
        details: anything else, as JSON can hold it.
    """

    state: Literal["complete", "pruned"]
    values: dict[str, float]
    fit_seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)


class Reporter:
    """A trial's way to tell how it goes.

    Args:
        trial: what is reported of.
        first: whether this is the one process of the trial that reports; in the others of a
            distributed training nothing is written.
    """

    def __init__(self, trial: TrialFolder, first: bool = True) -> None:
        self.trial = trial
        self._process = os.getpid() if first else -1

    @property
    def stop_asked(self) -> bool:
        """Whether the trial is to stop as pruned."""
        return self.trial.stop_asked

    def report(self, step: int, values: Mapping[str, float]) -> bool:
        """Tell what was measured after ``step`` epochs; returns whether to stop as pruned.

        Raises:
            StoreError: it cannot be written.
        """
        if os.getpid() != self._process:  # a further rank, or what the task has forked
            return False
        self.trial.append(Report(step, dict(values)))
        return self.stop_asked


Task = Callable[[dict[str, Any], Reporter], Outcome]
