"""A comparison as cells for people: a plain table, or Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlcli.comparison.columns import COSTS, RUN, Column, facts
from dlcli.comparison.compare import Comparison
from dlcli.comparison.differences import shown
from dlcli.comparison.groups import Group

BEST = "*"
PLUS_MINUS = " ± "
# Which columns go first where there is no room; the run, the main score and what differs stay.
DISPENSABLE = ("memory", "flops", "samples/s", "duration", "params")


def plain(comparison: Comparison, top: int | None = None) -> tuple[list[str], list[list[str]]]:
    """Headings, and a row of cells for each group, aligned; the best of a column has a ``*``.

    Args:
        top: how many rows; None for all.
    """
    cells = [_column(comparison, one) for one in comparison.columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return [one.name for one in comparison.columns], rows[:top]


def dispensable(comparison: Comparison) -> list[str]:
    """The headings in the order in which they may go where there is no room."""
    scores = comparison.scores[:0:-1]
    losses = [name for name in scores if name.endswith("/loss")]
    others = [name for name in scores if name not in losses]
    costs = list(DISPENSABLE)
    return [*losses, *costs[:3], *others, *costs[3:], *comparison.differences.names[:0:-1], RUN]


def markdown(comparison: Comparison, top: int | None = None) -> list[str]:
    """The lines of a table in Markdown; the best of a column is bold.

    Args:
        top: how many rows; None for all.
    """
    headings = [one.name for one in comparison.columns]
    cells = [
        # what is no number may end in a star of its own
        [_bold(cell) if one.metric else _kept(cell) for cell in _column(comparison, one)]
        for one in comparison.columns
    ]
    rules = [" ---: " if one.metric else " --- " for one in comparison.columns]
    rows = [" | ".join(row) for row in zip(*cells, strict=True)]
    return [
        f"| {' | '.join(map(_escaped, headings))} |",
        f"|{'|'.join(rules)}|",
        *(f"| {row} |" for row in rows[:top]),
    ]


def _kept(cell: str) -> str:
    return " ".join(_escaped(cell).split())


def _bold(cell: str) -> str:
    kept = _kept(cell)
    return f"**{kept.removesuffix(BEST)}**" if kept.endswith(BEST) else kept


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


def _column(comparison: Comparison, column: Column) -> list[str]:
    if not column.metric:
        return [_fact(group, column) for group in comparison.groups]
    show = _cost(column.name) if column.name in COSTS else _score
    texts = [show(group, column.metric) for group in comparison.groups]
    return _aligned(texts, _marks(texts, comparison.ranking(column.metric)))


def _fact(group: Group, column: Column) -> str:
    own = facts(group)
    return own[column.name] if column.name in own else shown(group.settings, column.name)


def _marks(texts: Sequence[str], ranking: Sequence[int]) -> list[str]:
    """A mark for the best and for what looks the same; none where all look the same."""
    means = {index: texts[index].partition(PLUS_MINUS)[0] for index in ranking}
    best = means[ranking[0]] if len(set(means.values())) > 1 else None
    return [BEST if means.get(index, "") == best else "" for index in range(len(texts))]


def _aligned(texts: Sequence[str], marks: Sequence[str]) -> list[str]:
    """Numbers to the right, what follows a ± below each other, then the mark of the best."""
    parts = [one.partition(PLUS_MINUS) for one in texts]
    before = max(len(mean) for mean, _, _ in parts)
    after = max(len(sign + std) for _, sign, std in parts)
    mark = max(map(len, marks))
    return [
        f"{mean.rjust(before)}{(sign + std).ljust(after)}{own.ljust(mark)}"
        for (mean, sign, std), own in zip(parts, marks, strict=True)
    ]


def _score(group: Group, metric: str) -> str:
    """Mean and standard deviation, and of how many runs where not all have the metric."""
    mean, std, count = group.mean(metric), group.std(metric), len(group.values(metric))
    if mean is None:
        return ""
    spread = "" if std is None else f"{PLUS_MINUS}{std:.2g}"
    part = f" ({count} of {group.n})" if count < group.n else ""
    return f"{mean:.4g}{spread}{part}"


def _cost(name: str) -> Callable[[Group, str], str]:
    def show(group: Group, metric: str) -> str:
        mean = group.mean(metric)
        return "" if mean is None else _UNITS[name](mean)

    return show


def scaled(number: float) -> str:
    """A large number with its prefix: 26.1 k, 1.2 M."""
    for prefix in ("", " k", " M", " G", " T"):
        if abs(number) < 999.5 or prefix == " T":
            break
        number /= 1000
    return f"{number:.3g}{prefix}"


def duration(seconds: float) -> str:
    """Seconds as people read them: 3.1 s, 4 min 10 s, 2 h 5 min."""
    if seconds < 59.95:  # a tenth more would be read as 60.0 s
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


_UNITS: dict[str, Callable[[float], str]] = {
    "params": scaled,
    "flops": scaled,
    "samples/s": lambda number: f"{number:.0f}",
    "duration": duration,
    "memory": lambda megabytes: f"{megabytes:.0f} MB",
}
