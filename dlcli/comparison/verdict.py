"""What a comparison comes to: is the best row better by more than noise, and how to find out."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, islice

from dlcli.comparison.compare import Comparison
from dlcli.comparison.differences import shown
from dlcli.comparison.groups import Group
from dlcli.comparison.noise import LEAST, Pair, pairs
from dlcli.config.repeat import allowed, recorded

MOST_NAMED = 5  # rows that the best one is compared with in a sentence each
MOST_SETTINGS = 3  # that name a row


@dataclass(frozen=True)
class Need:
    """Seeds that a row lacks to be told from noise.

    Args:
        row: which one.
        seeds: that it has not been trained with yet.
        command: that trains it with them; "" where its configuration is not here.
    """

    row: int
    seeds: list[int]
    command: str


@dataclass(frozen=True)
class Verdict:
    """Whether the best row is better than others by more than noise, in the main score.

    Args:
        best: the row with the best mean of those with enough seeds; None where there are not two.
        pairs: it and each other row with enough seeds, the next best first.
        rows: how many rows had enough seeds, so that every two of them were compared.
        needs: what the best two rows lack.
    """

    best: int | None
    pairs: list[Pair]
    rows: int
    needs: list[Need]


def judged(comparison: Comparison) -> Verdict:
    """Compare the best row with the others; nothing where runs of several seeds are apart."""
    if comparison.apart:
        return Verdict(None, [], 0, [])
    order = comparison.ranking(comparison.metric)
    groups = comparison.groups
    samples = {row: groups[row].values(comparison.metric) for row in order}
    enough = [row for row in order if len(samples[row]) >= LEAST]
    two = order[:2] if _can_be_told([groups[row] for row in order[:2]]) else []
    lacking = {row: LEAST - len(samples[row]) for row in two if row not in enough}
    needs = [_need(row, groups[row], seeds) for row, seeds in lacking.items()]
    if len(enough) < 2:
        return Verdict(None, [], len(enough), needs)
    found = pairs([samples[row] for row in enough], 0)
    named = [replace(one, other=enough[one.other]) for one in found]
    return Verdict(
        enough[0], sorted(named, key=lambda one: order.index(one.other)), len(enough), needs
    )


def _can_be_told(groups: Sequence[Group]) -> bool:
    """Whether more seeds would tell two rows apart; not where there are no two.

    They would not tell an evaluation from the run that it measured, and what has no seed of its
    own, as several runs that were evaluated together, cannot be trained with another.
    """
    if len(groups) < 2:
        return False
    first, second = ({one.source.id for one in group.entries} for group in groups)
    return first.isdisjoint(second) and all(seed for group in groups for seed in group.seeds)


def _need(row: int, group: Group, lacking: int) -> Need:
    used = {one.seed for one in (*group.entries, *group.repeats)}
    fresh = (number for number in count() if str(number) not in used)
    seeds = list(islice(fresh, lacking))
    return Need(row, seeds, _command(group, seeds))


def _command(group: Group, seeds: Sequence[int]) -> str:
    """Train the newest run's recorded configuration with other seeds."""
    newest = group.entries[0]
    folder = None if newest.is_evaluation else newest.source.folder
    config = folder / "artifacts" / "config.yaml" if folder else None
    if config is None or not config.is_file():
        return ""
    options = ["--config", os.path.relpath(config), *allowed(recorded(config.parent).allow)]
    train = f"dlcli train {shlex.join(options)} seed="
    if len(seeds) == 1:
        return f"{train}{seeds[0]}"
    return f"for seed in {' '.join(map(str, seeds))}; do {train}$seed; done"


def sentences(comparison: Comparison, verdict: Verdict) -> list[str]:
    """The verdict in words; commands stand on lines of their own."""
    labels = named(comparison)
    tested = _tested(comparison, verdict, labels)
    return [*_undirected(comparison), *tested, *_needed(comparison, verdict, labels)]


def _undirected(comparison: Comparison) -> list[str]:
    """That nobody knows which of two rows is the better one."""
    metric = comparison.metric
    rows = sum(group.is_finished and group.mean(metric) is not None for group in comparison.groups)
    if rows < 2 or comparison.direction(metric):
        return []
    return [
        f"No run says whether more or less of {metric} is better, so none is best: a model says it "
        "in its metrics(), and mode=min or mode=max says it of monitor."
    ]


def _tested(comparison: Comparison, verdict: Verdict, labels: Sequence[str]) -> list[str]:
    if verdict.best is None:
        return []
    lines = [_sentence(comparison, verdict, one, labels) for one in verdict.pairs[:MOST_NAMED]]
    rest = verdict.pairs[MOST_NAMED:]
    if rest:
        differ = sum(one.differs for one in rest)
        lines.append(
            f"Of {len(rest)} rows further down, {differ} can be told from the best and "
            f"{len(rest) - differ} cannot."
        )
    tests = verdict.rows * (verdict.rows - 1) // 2
    if tests > 1:
        lines.append(
            f"All {tests} pairs of the {verdict.rows} rows with at least {LEAST} seeds count: p is "
            "corrected for them (Holm), the intervals are of each pair alone."
        )
    return lines


def _sentence(comparison: Comparison, verdict: Verdict, pair: Pair, labels: Sequence[str]) -> str:
    assert verdict.best is not None
    groups, metric = comparison.groups, comparison.metric
    best, other = labels[verdict.best], labels[pair.other]
    ns = [len(groups[row].values(metric)) for row in (verdict.best, pair.other)]
    if pair.welch is None or pair.p is None:
        first, second = (groups[row].values(metric)[0] for row in (verdict.best, pair.other))
        told = (
            f"{metric} is {_short(first)} with every seed of {best} and {_short(second)} with "
            f"every seed of {other}"
            if pair.difference
            else f"{metric} of {best} and {other} is the same with every seed of each"
        )
        return f"{told} (n = {ns[0]} and {ns[1]}): without any spread there is no noise to go by."
    test = pair.welch
    told = "distinguishable from noise" if pair.differs else "cannot be told from noise"
    ahead = f"ahead of {other} by {_short(abs(test.difference))}"
    return (
        f"In {metric}, {best} is {ahead if test.difference else f'level with {other}'}: {told} "
        f"(Welch's test, p = {_short(pair.p, 2)}, n = {ns[0]} and {ns[1]}; "
        f"95 % interval {_interval(test.low, test.high)})."
    )


def _interval(low: float, high: float) -> str:
    """The ends of an interval, the one nearer to zero first where it does not hold zero."""
    if high <= 0 or (low < 0 and abs(low) > high):
        low, high = -high, -low
    return f"{_short(low, 3)} to {_short(high, 3)}"


def _needed(comparison: Comparison, verdict: Verdict, labels: Sequence[str]) -> list[str]:
    """What is lacking to tell the two best rows apart."""
    if not verdict.needs:
        return []
    lacking = " and ".join(f"{labels[one.row]} with {len(one.seeds)} more" for one in verdict.needs)
    commands = [f"  {one.command}" for one in verdict.needs if one.command]
    measured = any(comparison.groups[one.row].entries[0].is_evaluation for one in verdict.needs)
    then = ", and evaluate them" if measured else ""
    return [
        f"Whether the best two rows differ in {comparison.metric} by more than noise takes at "
        f"least {LEAST} seeds of each: train {lacking}{then}{':' if commands else '.'}",
        *commands,
    ]


def named(comparison: Comparison) -> list[str]:
    """What each row is called in a sentence: by what differs, or by the name of its one run."""
    names = comparison.differences.names[:MOST_SETTINGS]
    texts = [_label(group, names) if group.n > 1 else "" for group in comparison.groups]
    return [
        text if text and texts.count(text) == 1 else group.name
        for text, group in zip(texts, comparison.groups, strict=True)
    ]


def _label(group: Group, names: Sequence[str]) -> str:
    values = {name: shown(group.settings, name) for name in names}
    return " ".join(f"{name}={text}" for name, text in values.items() if text)


def _short(number: float, digits: int = 4) -> str:
    return f"{number:.{digits}g}" if math.isfinite(number) else str(number)
