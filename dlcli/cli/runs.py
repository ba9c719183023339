"""``dlcli runs``: recorded runs, newest first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.age import age, span
from dlcli.cli.completion import complete_metric
from dlcli.cli.options import ConfigDir, Debug, Json, TrackingOverrides
from dlcli.cli.recorded import reading
from dlcli.comparison.option import PARAMS, option
from dlcli.comparison.scores import at_best, main_metrics, main_score, ranked, telling

if TYPE_CHECKING:
    from dlcli.tracking.query import RunRecord

Experiment = Annotated[
    str | None,
    typer.Option("--experiment", help="Of another MLflow experiment.", show_default=False),
]
Last = Annotated[
    int | None,
    typer.Option(
        "--last", "-n", "--limit", min=1, help="Only the newest N of them.", show_default=False
    ),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="FILTER",
        help="Only those that MLflow's filter means: 'metrics.`test/acc` > 0.9'",
        show_default=False,
    ),
]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort",
        metavar="METRIC",
        help="The best first.",
        autocompletion=complete_metric,
        show_default=False,
    ),
]
Trials = Annotated[bool, typer.Option("--trials", help="The trials of sweeps, too.")]
LONGEST_REASON = 40


def runs(
    overrides: TrackingOverrides = None,
    experiment: Experiment = None,
    last: Last = None,
    where: Where = None,
    sort: Sort = None,
    trials: Trials = False,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Recorded runs, newest first."""
    from dlcli.tracking.query import list_runs
    from dlcli.tracking.ranking import best_first
    from dlcli.tracking.run_record import ALL, Only

    settings, root = reading(overrides or [], config_dir, experiment)
    records = list_runs(settings, root, ALL if where is not None else Only(params=PARAMS))
    found = records if where is None else filtered(records, where)
    shown = [one for one in found if trials or json or one.tags.get("dlcli.kind") != "trial"]
    hidden = len(found) - len(shown)
    shown = shown[:last]
    if sort is not None:
        shown = best_first(shown, records, sort)
    if json:
        output.print_json({"runs": [as_json(record) for record in shown]})
    elif shown:
        print_runs(shown, sort)
    elif not records:
        print("no runs are recorded here; make one: dlcli train")
    if hidden and (where or sort or not shown):
        some = "1 trial of a sweep is" if hidden == 1 else f"{hidden} trials of sweeps are"
        output.say(f"{some} not shown; to see them, too: --trials")


def filtered(records: Sequence[RunRecord], text: str) -> list[RunRecord]:
    """The runs that a filter means; where it means none, what each part of it means is said.

    Raises:
        ConfigError: it cannot be read, or compares what no run has.
    """
    from dlcli.tracking.filter import Filter

    asked = Filter(text, records)
    output.warn(asked.warnings)
    found = asked.matching()
    if records and not found:
        for line in ["no run matches", *asked.counts()]:
            output.say(line)
    return found


def as_json(record: RunRecord) -> dict[str, object]:
    """A run in the form that programs read; ``started`` with its time zone."""
    return {
        "run_id": record.id,
        "run_name": record.name,
        "kind": record.tags.get("dlcli.kind", ""),
        "parent_run_id": record.parent_id,
        "status": record.status,
        "reason": record.reason,
        "started": _started(record).isoformat(timespec="seconds"),
        "duration_s": record.duration_s,
        "metrics": main_metrics(record),
        "score": _score(record),
        "model": option(record, "model"),
        "data": option(record, "data"),
    }


def print_runs(records: Sequence[RunRecord], metric: str | None = None) -> None:
    """Print a table; where it is too wide for the terminal, the least telling columns go.

    Args:
        records: a line each.
        metric: to show before all others.
    """
    scores = [_shown(record, metric) for record in records]
    names = ranked(name for score in scores for name in score)
    if metric is not None:
        metric = metric.removeprefix("best/")
        names = [metric, *(name for name in names if name != metric)]
    if _are_of_several_tasks(records):
        names = [*([metric] if metric else []), "score"]
        scores = [
            {**score, "score": _named(record)}
            for score, record in zip(scores, records, strict=True)
        ]
    fixed = ["name", "id", "status", "age", "took", "model", "data"]
    now = time.time()
    rows = [
        [*_cells(record, now), *(_number(score.get(name)) for name in names)]
        for record, score in zip(records, scores, strict=True)
    ]
    dispensable = [*reversed(names[1:]), "took", "data", "id", "model", "age", *names[:1]]
    output.print_table([*fixed, *names], rows, dispensable)


def _shown(record: RunRecord, metric: str | None) -> dict[str, float | str]:
    """The scores of a run's line."""
    scores = at_best(record)
    shown: dict[str, float | str] = dict(telling(scores))
    if metric is not None:
        found = {**record.metrics, **scores}.get(metric.removeprefix("best/"))
        shown |= {} if found is None else {metric.removeprefix("best/"): found}
    return shown


def _are_of_several_tasks(records: Sequence[RunRecord]) -> bool:
    """Whether one run's main score is, say, an accuracy, and another's a perplexity."""
    names = {name for record in records if (name := main_score(record))}
    return len({name.rpartition("/")[2] for name in names} - {"loss"}) > 1


def _named(record: RunRecord) -> str:
    """The main score with its name."""
    name = main_score(record)
    return f"{name} {output.number(at_best(record)[name])}" if name else ""


def _score(record: RunRecord) -> dict[str, object] | None:
    name = main_score(record)
    return {"metric": name, "value": at_best(record)[name]} if name else None


def _cells(record: RunRecord, now: float) -> list[str]:
    return [
        record.name,
        record.id[:8],
        _status(record),
        age(now - record.started),
        span(record.duration_s),
        option(record, "model") or "",
        option(record, "data") or "",
    ]


def _status(record: RunRecord) -> str:
    status = record.status.lower()
    reason = record.reason.partition(";")[0].strip()
    if reason.lower() in ("", status):
        return status
    cut = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON].rstrip()}…"
    return f"{status} ({cut})"


def _started(record: RunRecord) -> datetime:
    return datetime.fromtimestamp(record.started).astimezone()


def _number(value: float | str | None) -> str:
    return value or "" if isinstance(value, str | None) else output.number(value)
