"""Runs that differ only in their seed, as one row of a comparison."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from dlcli.comparison.entry import Entry
from dlcli.comparison.settings import is_bookkeeping, is_file, is_seed, other_seeds, settings
from dlcli.tracking.names import told_apart

FOLLOWS = "seed"  # what is shown of a seed that is the run's own
SEVERAL = "several"  # of code that is not the same in all runs of a row


@dataclass(frozen=True)
class Group:
    """One row: the runs of one setting, each of another seed.

    Args:
        entries: the newest first.
        settings: what they were made with, but for the seed.
        repeats: older runs of a seed that is among ``entries``, which count no further.
        label: what its newest run is called where the name is not enough.
    """

    entries: tuple[Entry, ...]
    settings: dict[str, str]
    repeats: tuple[Entry, ...] = ()
    label: str = ""

    @property
    def n(self) -> int:
        """How many runs it has."""
        return len(self.entries)

    @property
    def name(self) -> str:
        """Of its newest run, and how many there are besides."""
        first = self.label or self.entries[0].record.name
        return first if self.n == 1 else f"{first} +{self.n - 1}"

    @property
    def is_finished(self) -> bool:
        """Whether its runs came to their end."""
        return all(one.is_finished for one in self.entries)

    @property
    def status(self) -> str:
        """``finished``, or how its run ended."""
        record = self.entries[0].record
        reason = record.reason.partition(";")[0].strip()
        status = record.status.lower()
        return status if reason.lower() in ("", status) else f"{status} ({reason})"

    @property
    def seeds(self) -> list[str]:
        """Of its runs."""
        return [one.seed for one in self.entries]

    def values(self, metric: str) -> list[float]:
        """Of the runs that have the metric."""
        found = (one.value(metric) for one in self.entries)
        return [value for value in found if value is not None]

    def mean(self, metric: str) -> float | None:
        """Over the runs that have the metric, not a number where one of them is not; or None."""
        values = self.values(metric)
        if not values:
            return None
        return statistics.fmean(values) if all(map(math.isfinite, values)) else sum(values)

    def std(self, metric: str) -> float | None:
        """The sample standard deviation (n - 1); None for fewer than two finite values."""
        values = self.values(metric)
        if len(values) < 2 or not all(map(math.isfinite, values)):
            return None
        return statistics.stdev(values)


def grouped(entries: Sequence[Entry], apart: bool = False) -> list[Group]:
    """One group for all runs that differ only in their seed.

    Runs that did not finish are groups of their own, and so are those whose parameters or seed
    nobody recorded. Runs of the same seed that were made with other code are told apart by it.

    Args:
        entries: the newest first.
        apart: a group for each run.
    """
    if apart:
        return [_row([one]) for one in entries]
    alike = _parted(entries, _key)
    by_seed = (part for bucket in alike for part in _by_other_seeds(bucket))
    return [_row(part) for bucket in by_seed for part in _by_code(bucket)]


def labelled(groups: Sequence[Group]) -> list[Group]:
    """The same rows, of which no two are called alike."""
    newest = [group.entries[0].record for group in groups]
    labels = told_apart([one.name for one in newest], [one.id for one in newest])
    return [replace(group, label=label) for group, label in zip(groups, labels, strict=True)]


def _key(entry: Entry) -> Hashable:
    if not entry.is_finished or not entry.source.params or not entry.seed:
        return entry.record.id
    same_data = bool(entry.fingerprint)
    plain = frozenset(
        (name, value)
        for name, value in settings(entry).items()
        if not (is_bookkeeping(name) or is_seed(name) or (same_data and is_file(name)))
    )
    return plain, entry.fingerprint


def _by_other_seeds(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Part those whose other seeds follow the run's from those where they stand by themselves.

    A single run whose seed happens to be the fixed one of others belongs to these.
    """
    follow = [one for one in entries if _follows(one)]
    fixed = [one for one in entries if not _follows(one)]
    if len(follow) == 1 and any(other_seeds(one) == other_seeds(follow[0]) for one in fixed):
        return _parted(entries, lambda one: frozenset(other_seeds(one).items()))
    parts = _parted(fixed, lambda one: frozenset(other_seeds(one).items()))
    return [follow, *parts] if follow else parts


def _follows(entry: Entry) -> bool:
    return all(value == entry.seed for value in other_seeds(entry).values())


def _by_code(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Part by the commit, where it tells runs of the same seed apart."""
    codes: dict[str, set[str]] = defaultdict(set)
    for one in entries:
        codes[one.seed].add(one.code)
    if all(len(found) == 1 for found in codes.values()):
        return [list(entries)]
    return _parted(entries, lambda one: one.code)


def _parted(entries: Iterable[Entry], key: Callable[[Entry], Hashable]) -> list[list[Entry]]:
    parts: dict[Hashable, list[Entry]] = defaultdict(list)
    for one in entries:
        parts[key(one)].append(one)
    return list(parts.values())


def _row(entries: Sequence[Entry]) -> Group:
    """One group, of each seed the newest run."""
    newest: dict[str, Entry] = {}
    for one in entries:
        newest.setdefault(one.seed, one)
    repeats = tuple(one for one in entries if newest[one.seed] is not one)
    return Group(tuple(newest.values()), _made(entries), repeats)


def _made(entries: Sequence[Entry]) -> dict[str, str]:
    """What the runs of a row were made with; nothing where nobody recorded it."""
    if not entries[0].source.params:
        return {}
    codes = {one.code for one in entries}
    made = settings(entries[0]) | {"code": codes.pop() if len(codes) == 1 else SEVERAL}
    if all(map(_follows, entries)):
        made |= dict.fromkeys(other_seeds(entries[0]), FOLLOWS)
    return made
