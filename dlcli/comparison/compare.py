"""Runs side by side: a row for each setting, what differs, and which row is best."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dlcli.comparison import columns
from dlcli.comparison.caution import cautions
from dlcli.comparison.differences import Differences, differences, everything
from dlcli.comparison.entry import Entry
from dlcli.comparison.groups import Group, grouped, labelled
from dlcli.comparison.scores import ranked, telling
from dlcli.errors import ConfigError
from dlcli.tracking.near import did_you_mean, nearest


@dataclass(frozen=True)
class Wish:
    """How to compare.

    Args:
        metric: the main score; None for the most telling that the runs have in common.
        sort: the column to sort by; None for the main score.
        apart: a row for each run, also where only the seed differs.
        all: also the parameters that follow from others or have no part in the result.
        searched: the parameters of a sweep, to be shown in the place of those that differ.
        objectives: of the sweep, shown before all other scores.
    """

    metric: str | None = None
    sort: str | None = None
    apart: bool = False
    all: bool = False
    searched: Sequence[str] | None = None
    objectives: Sequence[str] = ()


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        groups: the rows, in order.
        differences: the parameters that differ between them.
        scores: the names of those to show, the main one first; empty where there are none.
        warnings: why scores or costs may not be comparable.
        apart: each row is one run, whether it differs only in its seed or not.
    """

    groups: list[Group]
    differences: Differences
    scores: list[str]
    warnings: list[str]
    apart: bool = False

    @property
    def metric(self) -> str:
        """The main score; "" where the runs have none."""
        return self.scores[0] if self.scores else ""

    @property
    def columns(self) -> list[columns.Column]:
        """All columns of the table."""
        return columns.columns(self.groups, self.differences.names, self.scores)

    def direction(self, metric: str) -> str | None:
        """``min`` or ``max``: which is better; None where no run says."""
        return columns.BETTER.get(metric) or _direction(self.groups, metric)

    def ranking(self, metric: str) -> list[int]:
        """The finished rows that have a finite number in a metric, the best first.

        There are none where nobody knows which way of it is better.
        """
        mode = self.direction(metric)
        means = {
            index: mean
            for index, group in enumerate(self.groups)
            if group.is_finished and (mean := group.mean(metric)) is not None
        }
        sign = -1 if mode == "max" else 1
        finite = [index for index, mean in means.items() if math.isfinite(mean)]
        return sorted(finite, key=lambda index: sign * means[index]) if mode else []

    def best(self, metric: str) -> list[int]:
        """The rows that are best in a metric; none where all have the same."""
        order = self.ranking(metric)
        means = [self.groups[index].mean(metric) for index in order]
        if len(set(means)) < 2:
            return []
        return [index for index, mean in zip(order, means, strict=True) if mean == means[0]]


def compare(entries: Sequence[Entry], wish: Wish) -> Comparison:
    """Compare runs.

    Args:
        entries: the newest first.
        wish: how.

    Raises:
        ConfigError: there is no such metric or column.
    """
    groups = labelled(grouped(entries, wish.apart))
    if all(group.n == 1 for group in groups):
        groups = [_with_seed(group) for group in groups]
    made, scores = _differing(groups, wish), _scores(groups, wish)
    found = Comparison(groups, made, scores, cautions(groups), wish.apart)
    by = wish.sort or found.metric
    if not by:
        return found
    column = columns.find(by, found.columns)
    groups = columns.ordered(groups, column, found.direction(column.metric))
    if wish.sort is None:  # what did not finish is not on the same footing
        groups.sort(key=lambda group: not group.is_finished)
    return replace(found, groups=groups)


def _with_seed(group: Group) -> Group:
    """A row of one run, with its seed among what may differ."""
    return replace(group, settings=group.settings and group.settings | {"seed": group.seeds[0]})


def _differing(groups: Sequence[Group], wish: Wish) -> Differences:
    rows = [group.settings for group in groups]
    if wish.all:
        return everything(rows)
    if wish.searched is not None:
        named = {name for row in rows for name in row}
        return Differences([name for name in wish.searched if name in named])
    entries = [entry for group in groups for entry in group.entries]
    prints = {entry.fingerprint for entry in entries}
    typed = {key for entry in entries for key in entry.typed}
    return differences(rows, typed, same_data=len(prints) == 1 and "" not in prints)


def _scores(groups: Sequence[Group], wish: Wish) -> list[str]:
    """The names of the scores to show, the main one first."""
    entries = [entry for group in groups for entry in group.entries]
    names = ranked(name for entry in entries for name in telling(entry.scores))
    objectives = [name for name in wish.objectives if name not in columns.BETTER]
    first = [_known(wish.metric, entries)] if wish.metric else objectives or _main(groups, names)
    return list(dict.fromkeys([*first, *objectives, *names]))


def _main(groups: Sequence[Group], names: Sequence[str]) -> list[str]:
    """The score with a known direction that most rows have; of several the most telling."""
    finished = [group for group in groups if group.is_finished] or groups
    known = [name for name in names if _direction(groups, name)] or names
    counts = Counter({name: sum(bool(g.values(name)) for g in finished) for name in known})
    return [name for name, _ in counts.most_common(1)]


def _known(metric: str, entries: Sequence[Entry]) -> str:
    if any(entry.value(metric) is not None for entry in entries):
        return metric
    names = sorted({name for entry in entries for name in (*entry.scores, *entry.record.metrics)})
    raise ConfigError(
        f"--metric {metric}: none of the runs has it{did_you_mean(nearest(metric, names))}"
    )


def _direction(groups: Iterable[Group], metric: str) -> str | None:
    entries = (entry for group in groups for entry in group.entries)
    return next((mode for entry in entries if (mode := entry.direction(metric))), None)
