"""What differs between two runs: configuration, code, packages, environment, data, metrics."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcli.comparison.best import at_best, cost, metrics, rank
from dlcli.comparison.code import CodeDifference, code_difference
from dlcli.comparison.columns import BETTER
from dlcli.comparison.detail import Detail

# What tells one evaluation from another.
OF_EVALUATION = {
    "split": "dlcli.split",
    "checkpoint": "dlcli.checkpoint",
    "overrides": "dlcli.overrides",
    "other data": "dlcli.other_data",
    "views": "dlcli.tta",
    "members": "dlcli.members",
}
_PART = re.compile(r"(\w+)=(.*?)(?:, (?=\w+=)|\)$)")  # of the text of a DataSpec


@dataclass(frozen=True)
class Side:
    """A run to hold against another.

    Args:
        detail: of the run: its data and its metrics.
        source: of what it was made with: the run itself, or of an evaluation the run evaluated.
    """

    detail: Detail
    source: Detail

    @property
    def damaged(self) -> list[str]:
        """What is there and cannot be read, a line each."""
        return [*self.detail.damaged, *self.source.damaged]

    @property
    def values(self) -> dict[str, str]:
        """Those of the configuration; of an evaluation also what was asked of it."""
        tags = self.detail.record.tags
        asked = {name: tags[tag] for name, tag in OF_EVALUATION.items() if tags.get(tag)}
        return {**asked, **self.source.flat} if self.detail.kind == "evaluate" else self.source.flat


@dataclass(frozen=True)
class Pair:
    """One thing of two runs; None where a run does not have it."""

    name: str
    a: str | None
    b: str | None


@dataclass(frozen=True)
class Score:
    """One metric of two runs, at the best checkpoint where it was measured there.

    Args:
        difference: ``b - a``; None where one does not have it, or it is no number.
        better: ``a`` or ``b``; "" where they are equal or no direction is recorded.
    """

    name: str
    a: float | None
    b: float | None
    difference: float | None
    better: str


@dataclass(frozen=True)
class Difference:
    """Everything that differs between two runs.

    Args:
        config: the options, then the values.
        code: what is known of it.
        packages: with their versions.
        environment: device, platform and the like.
        data: the fingerprints and what the data looks like, where they differ.
        fingerprinted: whether the fingerprint of both is recorded.
        scores: all metrics, also those that are equal.
        costs: the same of what they cost.
    """

    config: list[Pair]
    code: CodeDifference
    packages: list[Pair]
    environment: list[Pair]
    data: list[Pair]
    fingerprinted: bool
    scores: list[Score]
    costs: list[Score]

    @property
    def is_nothing(self) -> bool:
        """Whether the runs are known to be the same in all but what they cost."""
        pairs = [*self.config, *self.packages, *self.environment, *self.data]
        equal = all(one.difference == 0 or _both_nan(one) for one in self.scores)
        return not pairs and equal and self.code.same is True and self.fingerprinted


def difference(a: Side, b: Side, repository: Path) -> Difference:
    """What is different in ``b``.

    Args:
        a: one run.
        b: another.
        repository: a folder in the repository that their code may be in.
    """
    first, second = a.source, b.source
    environments = [_without(one.environment, "packages") for one in (first, second)]
    packages = [_texts(one.environment.get("packages") or {}) for one in (first, second)]
    directions = {**_directions(first), **_directions(second)}
    of_cost = {name.rpartition("/")[2]: way for name, way in BETTER.items()}
    return Difference(
        config=[*_pairs(first.choices, second.choices), *_pairs(a.values, b.values)],
        code=code_difference(first, second, repository),
        packages=_known(*packages),
        environment=_known(*environments),
        data=_in_both(_data(a.detail), _data(b.detail)),
        fingerprinted=bool(a.detail.fingerprint and b.detail.fingerprint),
        scores=_scores(_metrics(a.detail), _metrics(b.detail), directions),
        costs=_scores(cost(first), cost(second), of_cost),
    )


def _data(detail: Detail) -> dict[str, str]:
    """The fingerprint, and each part of what the data looks like."""
    parts = _PART.findall(detail.record.tags.get("dlcli.data.spec", "").partition("(")[2])
    known = {"fingerprint": detail.fingerprint, **dict(parts)}
    return {name: text for name, text in known.items() if text}


def _metrics(detail: Detail) -> dict[str, float]:
    last = {one.name: one.last for one in metrics(detail) if one.last is not None}
    return {**last, **at_best(detail)}


def _directions(detail: Detail) -> dict[str, str]:
    tags = detail.record.tags.items()
    prefix = "dlcli.mode."
    return {tag.removeprefix(prefix): way for tag, way in tags if tag.startswith(prefix)}


def _pairs(a: Mapping[str, str], b: Mapping[str, str]) -> list[Pair]:
    names = dict.fromkeys([*a, *b])
    return [Pair(one, a.get(one), b.get(one)) for one in names if a.get(one) != b.get(one)]


def _known(a: Mapping[str, str], b: Mapping[str, str]) -> list[Pair]:
    """The same, of two that are both recorded; where one is not, nothing can be told."""
    return _pairs(a, b) if a and b else []


def _in_both(a: Mapping[str, str], b: Mapping[str, str]) -> list[Pair]:
    return [Pair(name, a[name], b[name]) for name in a if name in b and a[name] != b[name]]


def _without(values: Mapping[str, Any], name: str) -> dict[str, str]:
    return _texts({key: value for key, value in values.items() if key != name})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in values.items()}


def _scores(
    a: Mapping[str, float], b: Mapping[str, float], directions: Mapping[str, str]
) -> list[Score]:
    names = sorted({*a, *b}, key=rank)
    return [_score(name, a.get(name), b.get(name), directions.get(name)) for name in names]


def _score(name: str, a: float | None, b: float | None, direction: str | None) -> Score:
    if a is None or b is None or not (math.isfinite(a) and math.isfinite(b)):
        return Score(name, a, b, None, "")
    more = b - a
    if direction not in ("min", "max") or more == 0:
        return Score(name, a, b, more, "")
    return Score(name, a, b, more, "b" if (more > 0) == (direction == "max") else "a")


def _both_nan(score: Score) -> bool:
    return all(value is not None and math.isnan(value) for value in (score.a, score.b))
