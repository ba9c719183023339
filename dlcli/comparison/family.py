"""The runs that a run belongs to: what it is a part of, and its own parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlcli.tracking.query import REPRODUCES, Runs
from dlcli.tracking.ranking import direction, score
from dlcli.tracking.run_record import RunRecord


@dataclass(frozen=True)
class Family:
    """A run's relatives.

    Args:
        parent: the sweep of a trial, or the run that was evaluated; None where there is none.
        parent_id: its id, also where the store does not have it.
        children: trials, evaluations and others, newest first.
        original: the run that this one trained again.
        reproductions: the runs that train this one again, newest first.
        members: the runs that answer together in an evaluation of several.
    """

    parent: RunRecord | None
    parent_id: str | None
    children: Sequence[RunRecord]
    original: RunRecord | None = None
    reproductions: Sequence[RunRecord] = ()
    members: Sequence[RunRecord] = ()

    @property
    def trials(self) -> list[RunRecord]:
        """The trials of a sweep by number."""
        found = [one for one in self.children if one.tags.get("dlcli.kind") == "trial"]
        return sorted(found, key=_number)

    @property
    def others(self) -> list[RunRecord]:
        """The children that are no trials, the oldest first."""
        trials = {one.id for one in self.trials}
        return [one for one in reversed(self.children) if one.id not in trials]


def family(runs: Runs, record: RunRecord) -> Family:
    """The relatives of a run.

    Raises:
        StoreError: the store cannot be read.
    """
    members = [runs.by_id(run_id) for run_id in record.tags.get("dlcli.members", "").split()]
    return Family(
        runs.by_id(record.parent_id),
        record.parent_id,
        runs.children(record),
        runs.by_id(record.tags.get(REPRODUCES)),
        runs.reproductions(record),
        [one for one in members if one is not None],
    )


def best_first(trials: Sequence[RunRecord], sweep: RunRecord) -> list[RunRecord]:
    """The trials of a sweep by its first objective: complete ones, others, those without a value.

    Args:
        trials: by number.
        sweep: says what the objective is, and which way it is better.
    """
    metric = sweep.tags.get("dlcli.objective", "").partition(",")[0].strip()
    sign = -1 if direction([sweep, *trials], metric) == "max" else 1

    def place(one: RunRecord) -> tuple[bool, bool, float]:
        value = score(one, metric)
        return value is None, not one.is_complete, sign * (value or 0.0)

    return sorted(trials, key=place)


def _number(record: RunRecord) -> int:
    text = record.tags.get("dlcli.trial", "")
    return int(text) if text.isdecimal() else 0
