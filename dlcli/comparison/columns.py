"""The columns of a comparison, by which its rows are shown and sorted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dlcli.comparison.differences import value
from dlcli.comparison.groups import Group
from dlcli.config.suggest import did_you_mean, listing, nearest
from dlcli.errors import ConfigError

RUN, N, STATUS = "run", "n", "status"
# The metrics of cost by their headings, and which way of each is better.
COSTS = {
    "params": "cost/params",
    "flops": "cost/flops",
    "samples/s": "cost/samples_per_second",
    "duration": "cost/duration_s",
    "memory": "cost/peak_memory_mb",
}
BETTER = {name: "max" if name == "cost/samples_per_second" else "min" for name in COSTS.values()}


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Args:
        name: its heading.
        metric: what it shows, where that is a number measured; else "".
    """

    name: str
    metric: str = ""


def columns(groups: Sequence[Group], made: Sequence[str], scores: Sequence[str]) -> list[Column]:
    """All columns: the run, what differs, the scores, the costs.

    Args:
        groups: the rows.
        made: the names of the parameters to show.
        scores: the names of the scores to show.
    """
    facts = [Column(RUN)]
    if any(group.n > 1 for group in groups):
        facts.append(Column(N))
    if not all(group.is_finished for group in groups):
        facts.append(Column(STATUS))
    facts += [Column(name) for name in made]
    facts += [Column(name, name) for name in scores]
    return [*facts, *(Column(name, metric) for name, metric in COSTS.items())]


def text(group: Group, column: Column) -> str:
    """What a row has in a column that shows no measured number."""
    own = facts(group)
    return own[column.name] if column.name in own else value(group.settings, column.name)


def facts(group: Group) -> dict[str, str]:
    """What a row has in the columns that are always the same."""
    return {RUN: group.name, N: str(group.n), STATUS: group.status}


def find(name: str, known: Sequence[Column]) -> Column:
    """The column of a name, or of a metric's name.

    Raises:
        ConfigError: there is none.
    """
    for column in known:
        if name in (column.name, column.metric):
            return column
    names = [column.name for column in known]
    near = did_you_mean(nearest(name, names))
    raise ConfigError(f"--sort {name}: no such column{near}; columns: {listing(names, 40)}")


def ordered(groups: Sequence[Group], column: Column, direction: str | None) -> list[Group]:
    """The rows by a column, what is missing last: the best first, else the least.

    Args:
        groups: the rows.
        column: to go by.
        direction: ``max`` where more of it is better.
    """
    if column.metric:
        sign = -1 if direction == "max" else 1
        return sorted(groups, key=lambda group: _place(group.mean(column.metric), sign))
    texts = [text(group, column) for group in groups]
    if all(_number(one) is not None for one in texts if one):
        return sorted(groups, key=lambda group: _place(_number(text(group, column)), 1))
    return sorted(groups, key=lambda group: (not text(group, column), text(group, column)))


def _place(number: float | None, sign: int) -> tuple[bool, float]:
    missing = number is None or math.isnan(number)
    return (missing, 0.0 if number is None or missing else sign * number)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
