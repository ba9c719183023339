"""Which of recorded runs is better by a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dlcli.errors import ConfigError
from dlcli.tracking.near import did_you_mean, nearest
from dlcli.tracking.run_record import INFINITE, RunRecord


def score(record: RunRecord, metric: str) -> float | None:
    """A metric of a run, at its best checkpoint where it has one; None where it is not finite."""
    value = record.metrics.get(f"best/{metric}", record.metrics.get(metric))
    if value is None or not math.isfinite(value) or abs(value) >= INFINITE:
        return None
    return value


def standing(record: RunRecord) -> int:
    """Which of two runs comes first, whatever they scored: the one whose score says more."""
    if record.is_complete:
        return 0
    return 2 if record.has_diverged else 1


def best_first(
    shown: Sequence[RunRecord], records: Sequence[RunRecord], metric: str
) -> list[RunRecord]:
    """Runs by a metric: complete ones, others, diverged ones, those without a finite value.

    Args:
        shown: what to sort.
        records: all runs, which say which way is better.
        metric: its value at the best checkpoint counts, where a run has one.

    Raises:
        ConfigError: no run has it, or none says which way is better.
    """
    metric = metric.removeprefix("best/")
    names = {name.removeprefix("best/") for one in records for name in one.metrics}
    if records and metric not in names:
        near = did_you_mean(nearest(metric, sorted(names)))
        raise ConfigError(f"--sort {metric}: no run has that metric{near}")
    mode = direction(records, metric)
    if records and mode is None:
        raise ConfigError(
            f"--sort {metric}: no run says whether a higher or a lower {metric} is better"
        )
    sign = -1 if mode == "max" else 1
    place = {one.id: score(one, metric) for one in shown}
    have = [one for one in shown if place[one.id] is not None]
    return [
        *sorted(have, key=lambda one: (standing(one), sign * (place[one.id] or 0.0))),
        *(one for one in shown if place[one.id] is None),
    ]


def direction(records: Sequence[RunRecord], metric: str) -> str | None:
    """Which way of a metric is better, ``min`` or ``max``; None where no run says."""
    for one in records:
        mode = one.tags.get(f"dlcli.mode.{metric.removeprefix('best/')}")
        if mode in ("min", "max"):
            return mode
    if metric.startswith("cost/"):
        return "max" if metric.endswith("_per_second") else "min"
    return None
