"""What is known of one recorded run, wherever it was read from."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHOICE = "dlcli.choice."  # of a tag, before the group whose option it is
INFINITE = 1.797e308  # what MLflow writes for an infinite number


@dataclass(frozen=True)
class RunRecord:
    """What is known of one run.

    Args:
        started: seconds since 1970.
        duration_s: None while it runs.
        metrics: the last value of each.
        folder: the run's folder here; None where it was recorded on another machine.
        store_id: the id under which the store knows it; "" where only its folder was read.
    """

    id: str
    name: str
    status: str
    reason: str
    started: float
    duration_s: float | None
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str]
    folder: Path | None
    experiment: str = ""
    parent_id: str | None = None
    store_id: str = ""

    @property
    def state(self) -> str:
        """``complete``, ``pruned``, or how it ended otherwise."""
        if self.status == "FINISHED":
            return "pruned" if self.reason.startswith("pruned") else "complete"
        return self.status.lower()

    @property
    def is_complete(self) -> bool:
        """Whether it came to its end, so that its scores are those of the whole run."""
        return self.state == "complete"

    @property
    def has_diverged(self) -> bool:
        """Whether it failed since its numbers were no longer finite."""
        return self.status == "FAILED" and self.reason.startswith("diverged")


@dataclass(frozen=True)
class Only:
    """What of the runs of a store to read, by name; None means all.

    Args:
        runs: ids in the store.
    """

    metrics: Collection[str] | None = None
    params: Collection[str] | None = None
    tags: Collection[str] | None = None
    runs: Collection[str] | None = None


ALL = Only()


def record_of(row: tuple[Any, ...], values: Mapping[str, Mapping[str, Any]]) -> RunRecord:
    """A run of a store.

    Args:
        row: id, name, status, start and end in milliseconds since 1970, experiment.
        values: its ``metrics``, of which None is not a number, ``params`` and ``tags``.
    """
    run_id, name, status, start, end, experiment = row
    metrics = {k: math.nan if v is None else float(v) for k, v in values["metrics"].items()}
    tags = dict(values["tags"])
    return RunRecord(
        run_id,
        name or "",
        status,
        tags.get("dlcli.reason", ""),
        (start or 0) / 1000,
        None if end is None or status == "RUNNING" else (end - (start or 0)) / 1000,
        metrics,
        dict(values["params"]),
        tags,
        None,
        experiment,
        tags.get("mlflow.parentRunId"),
        run_id,
    )
