"""How far a score may be from the original's before more than noise must be at work."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlcli.tracking.query import RunRecord
from dlcli.training.trace import AFTER, Trace

# So many other seeds tell what noise is; their mean, and so many standard deviations either way.
FEWEST = 3
DEVIATIONS = 3.0
# Without them: the share of the original's value by which a score may differ.
TOLERANCE = 1e-3
# What of a configuration is where things are, not what is trained.
PLACES = ("tracking.", "data.root", "data.path", "data.train", "data.val", "data.test")
PLACES_ALONE = ("seed", "data.device", "tracking")


@dataclass(frozen=True)
class Score:
    """One number that says how good a training was, in both runs.

    Args:
        name: of the metric.
        original: its value there.
        reproduction: likewise.
        low, high: between these a difference is noise, both included.
    """

    name: str
    original: float
    reproduction: float
    low: float
    high: float

    @property
    def within(self) -> bool:
        """Whether the difference is noise; a number that is none is so in both."""
        if math.isnan(self.original) or math.isnan(self.reproduction):
            return math.isnan(self.original) and math.isnan(self.reproduction)
        return self.low <= self.reproduction <= self.high


def scores(original: Trace, copy: Trace, seeds: Sequence[Mapping[str, float]]) -> list[Score]:
    """The scores that both runs have.

    Of the best checkpoint, where both trainings came to their end; else those of the last epoch
    that both have.

    Args:
        original: its trace.
        copy: that of the reproduction.
        seeds: the metrics of runs with other seeds; fewer than three do not count.
    """
    before, now = at_best(original), at_best(copy)
    if not original.complete or not before.keys() & now.keys():
        before, now = at_last(original, copy)
    names = sorted(before.keys() & now.keys())
    return [Score(n, before[n], now[n], *limits(before[n], spread(n, seeds))) for n in names]


def at_best(trace: Trace) -> dict[str, float]:
    """The last value of each score at the best checkpoint; its epoch is none."""
    return {
        name: points[-1][1]
        for name, points in trace.history.items()
        if name.startswith(AFTER) and points and name != "best/epoch"
    }


def at_last(original: Trace, copy: Trace) -> tuple[dict[str, float], dict[str, float]]:
    """Each metric of ``val/``, or else of ``train/``, at the last step that both have."""
    found: dict[str, tuple[float, float]] = {}
    for stage in ("val/", "train/"):
        for name in original.history.keys() & copy.history.keys():
            before, now = dict(original.history[name]), dict(copy.history[name])
            shared = before.keys() & now.keys()
            if name.startswith(stage) and shared:
                found[name] = (before[max(shared)], now[max(shared)])
        if found:
            break
    return {n: old for n, (old, _) in found.items()}, {n: new for n, (_, new) in found.items()}


def spread(name: str, seeds: Sequence[Mapping[str, float]]) -> list[float]:
    """The values of a metric over the seeds; none where there are too few."""
    values = [one[name] for one in seeds if name in one and math.isfinite(one[name])]
    return values if len(values) >= FEWEST else []


def limits(original: float, values: Sequence[float]) -> tuple[float, float]:
    """Between what a score may lie.

    Args:
        original: its value in the original.
        values: those of other seeds; empty where there are too few.
    """
    slack = TOLERANCE * abs(original)
    low, high = original - slack, original + slack
    if values:
        mean, deviation = statistics.fmean(values), statistics.stdev(values)
        low = min(low, mean - DEVIATIONS * deviation)
        high = max(high, mean + DEVIATIONS * deviation)
    return low, high


def other_seeds(original: RunRecord, records: Sequence[RunRecord]) -> list[RunRecord]:
    """The finished runs of the same configuration and data with other seeds, one for each.

    Args:
        original: whose folder is here.
        records: among which to look.
    """
    following = _following_seed(original)
    wanted = _identity(original, following)
    found: dict[str, RunRecord] = {}
    for one in records:
        seed = one.params.get("seed", "")
        known = seed in found or seed == original.params.get("seed")
        if known or one.status != "FINISHED" or "dlcli.reproduces" in one.tags:
            continue
        if _identity(one, following) == wanted:
            found[seed] = one
    return list(found.values())


def _identity(record: RunRecord, following: frozenset[str]) -> tuple[str, dict[str, str]]:
    """What makes a run the same experiment: its data and its parameters."""
    kept = {
        name: value
        for name, value in record.params.items()
        if not name.startswith(PLACES) and name not in PLACES_ALONE and name not in following
    }
    return record.tags.get("dlcli.data.fingerprint", ""), kept


def _following_seed(record: RunRecord) -> frozenset[str]:
    """The parameters that only repeat the seed."""
    path = (record.folder or Path()) / "artifacts" / "origins.json"
    try:
        references = json.loads(path.read_text(encoding="utf-8")).get("references", {})
    except (OSError, ValueError):
        return frozenset()
    return frozenset(name for name, text in references.items() if text == "${seed}")
