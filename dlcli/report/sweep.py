"""What a report tells of a sweep."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from dlcli.comparison.detail import Detail, read
from dlcli.comparison.family import Family, best_first
from dlcli.comparison.scores import at_best, main_score
from dlcli.comparison.table import duration
from dlcli.report.content import Part, Table
from dlcli.report.pictures import curves, figures
from dlcli.report.run import (
    ended,
    environment,
    notes,
    number,
    recorded_commands,
    scores,
    shortened,
    when,
)
from dlcli.tracking.history import read_history
from dlcli.tracking.run_record import RunRecord

MOST_TRIALS = 200  # in the table
# What a reader asks first comes first.
ORDER = ("importances", "history", "parallel", "slices", "pareto")
_KEY = re.compile(r"(?:^|; )([\w./@]+): ")  # in the tag of the space: optimizer.lr: 0.1 to 1; …


def sweep_part(detail: Detail, relatives: Family, commands: Sequence[str]) -> Part:
    """Everything about a sweep.

    Args:
        detail: what is recorded of its parent run.
        relatives: its trials.
        commands: to go on with.
    """
    record = detail.record
    trials = best_first(relatives.trials, record)
    best = _best(record, trials)
    described = read(best) if best else detail
    drawn = list(figures(detail.artifacts)) if detail.artifacts else []
    drawn.sort(key=lambda one: [not one.caption.startswith(name) for name in ORDER])
    return Part(
        name=record.name or record.id,
        id=record.id,
        verdict=_verdict(record, trials, best),
        facts=list(_facts(detail)),
        params=_params(record),
        curves=curves(read_history(best.folder)) if best and best.folder else (),
        scores=scores(described) if best else None,
        figures=drawn,
        trials=_trials(record, trials, best),
        cost=list(_cost(record, trials)),
        environment=list(environment(described)),
        commands=recorded_commands(detail, commands),
        config=yaml.safe_dump(dict(detail.config), sort_keys=False) if detail.config else "",
        diff=shortened(detail.diff or ""),
        notes=notes(detail),
    )


def searched(record: RunRecord) -> list[str]:
    """The parameters that a sweep searched."""
    found = _told(record, "dlcli.searched") or _KEY.findall(record.tags.get("dlcli.space", ""))
    return list(dict.fromkeys(map(str, found)))


def objectives(record: RunRecord) -> list[str]:
    """The metrics of a sweep's objective."""
    return [name for name in record.tags.get("dlcli.objective", "").split(", ") if name]


def _best(record: RunRecord, trials: Sequence[RunRecord]) -> RunRecord | None:
    """The best trial, as the sweep says; while it runs, as its trials do."""
    told = record.tags.get("dlcli.best.run_id")
    complete = [one for one in trials if one.is_complete]
    if len(objectives(record)) > 1:
        return None
    return next((one for one in complete if one.id == told), next(iter(complete), None))


def _verdict(record: RunRecord, trials: Sequence[RunRecord], best: RunRecord | None) -> str:
    counts = Counter(one.state for one in trials)
    told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    words = f"{ended(record)}."
    if trials:
        plural = "s" if len(trials) > 1 else ""
        words = f"{ended(record)}: {len(trials)} trial{plural} ({told})."
    if best is None:
        return words
    metric = objectives(record)[0]
    way = {"max": " (higher is better)", "min": " (lower is better)"}
    sign = way.get(record.tags.get(f"dlcli.mode.{metric}", ""), "")
    words += f" Best is trial {best.tags.get('dlcli.trial', '')} with {metric} "
    words += f"{_value(best, metric)}{sign}"
    tested = main_score(best)
    if tested.startswith("test/"):
        words += f"; {tested} {number(at_best(best)[tested])}"
    return words + "."


def _value(trial: RunRecord, metric: str) -> str:
    value = trial.metrics.get(f"best/{metric}", trial.metrics.get(metric))
    return "" if value is None else number(value)


def _facts(detail: Detail) -> Iterator[tuple[str, str]]:
    record, tags = detail.record, detail.record.tags
    yield "run", record.id
    for name in ("search", "objective"):
        if tags.get(f"dlcli.{name}"):
            yield name, tags[f"dlcli.{name}"]
    for group in ("model", "data"):
        if detail.choices.get(group):
            yield group, str(detail.choices[group])
    yield "started", when(record.started)
    if record.duration_s is not None:
        yield "took", duration(record.duration_s)


def _told(record: RunRecord, tag: str) -> Any:
    """What a tag holds as JSON; None where it has none, or was too long for a tag."""
    try:
        return json.loads(record.tags.get(tag, "null"))
    except ValueError:
        return None


def _params(record: RunRecord) -> Table | None:
    """What was searched, where, and the best of it."""
    best = _told(record, "dlcli.best.params") or {}
    _, *told = _KEY.split(record.tags.get("dlcli.space", ""))
    space = dict(zip(told[::2], told[1::2], strict=True))
    rows = [[key, space.get(key, ""), str(best.get(key, ""))] for key in searched(record)]
    return Table(["parameter", "searched", "best value"], rows) if rows else None


def _trials(record: RunRecord, trials: Sequence[RunRecord], best: RunRecord | None) -> Table | None:
    keys, metrics = searched(record), objectives(record)
    shown = trials[:MOST_TRIALS]
    rows = [
        [
            one.tags.get("dlcli.trial", ""),
            one.state,
            *(_value(one, metric) for metric in metrics),
            *(_rounded(one.params.get(key, "")) for key in keys),
            "" if one.duration_s is None else duration(one.duration_s),
        ]
        for one in shown
    ]
    left_out = f"The best {len(shown)} of {len(trials)} trials." if len(shown) < len(trials) else ""
    marked = [place for place, one in enumerate(shown) if best and one.id == best.id]
    columns = ["trial", "state", *metrics, *keys, "took"]
    return Table(columns, rows, marked, left_out) if rows else None


def _rounded(text: str) -> str:
    """A number with as many digits as tell trials apart; other texts as they are."""
    try:
        value = float(text)
    except ValueError:
        return text
    return f"{value:.4g}" if "." in text or "e" in text else text


def _cost(record: RunRecord, trials: Sequence[RunRecord]) -> Iterator[tuple[str, str]]:
    yield "trials", str(len(trials))
    yield "time of all trials", duration(sum(one.duration_s or 0.0 for one in trials))
    if record.duration_s is not None:
        yield "from start to end", duration(record.duration_s)
