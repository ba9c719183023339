"""``dlcli runs``: recorded runs, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.options import ConfigDir, Debug, Json, TrackingOverrides

if TYPE_CHECKING:
    from dlcli.tracking.query import RunRecord

Limit = Annotated[
    int | None,
    typer.Option("--limit", "-n", min=1, help="Only the newest N.", show_default=False),
]
Trials = Annotated[bool, typer.Option("--trials", help="The trials of sweeps, too.")]
LONGEST_REASON = 40
# What the table shows of a run that has one of them; --json tells the rest.
TELLING = ("acc", "rmse", "perplexity")


def runs(
    overrides: TrackingOverrides = None,
    limit: Limit = None,
    trials: Trials = False,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Recorded runs, newest first."""
    records = recorded(overrides or [], config_dir)
    if not trials and not json:
        records = [one for one in records if one.tags.get("dlcli.kind") != "trial"]
    records = records[:limit]
    if json:
        output.print_json({"runs": [as_json(record) for record in records]})
    elif records:
        print_runs(records)
    else:
        print("no runs are recorded here; make one: dlcli train")


def recorded(overrides: Sequence[str], config_dir: ConfigDir) -> list[RunRecord]:
    """All runs of the store, after those that a crash left open are closed.

    Raises:
        ConfigError: the settings cannot name a store.
        StoreError: the store cannot be read.
    """
    from dlcli.config.store import store_root, tracking_settings
    from dlcli.tracking.query import list_runs

    settings, root = tracking_settings(overrides, config_dir), store_root()
    if any((root / "open").glob("*")):
        from dlcli.tracking.reconcile import reconcile

        output.warn(reconcile(settings, root))
    return list_runs(settings, root)


def main_metrics(record: RunRecord) -> dict[str, float]:
    """The scores at the best checkpoint; of an evaluation, all that it measured."""
    if record.tags.get("dlcli.kind") == "evaluate":
        return record.metrics
    scores = ("test/", "best/val/")
    return {name: value for name, value in record.metrics.items() if name.startswith(scores)}


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
        "model": _choice(record, "model"),
        "data": _choice(record, "data"),
    }


def print_runs(records: Sequence[RunRecord]) -> None:
    """Print a table; where it is too wide for the terminal, the least telling columns go."""
    scores = [telling(at_best(record)) for record in records]
    names = sorted({name for score in scores for name in score}, key=_rank)
    fixed = ["name", "id", "status", "started", "took", "model", "data"]
    rows = [
        [*_cells(record), *(_number(score, name) for name in names)]
        for record, score in zip(records, scores, strict=True)
    ]
    dispensable = [*reversed(names[1:]), "took", "data", "id", "model", "started", *names[:1]]
    output.print_table([*fixed, *names], rows, dispensable)


def at_best(record: RunRecord) -> dict[str, float]:
    """The scores by the names that an evaluation of the best checkpoint gives them."""
    return {name.removeprefix("best/"): value for name, value in main_metrics(record).items()}


def telling(scores: dict[str, float]) -> dict[str, float]:
    """The losses and the scores that say most; all of them where none is known to."""
    quantities = {name: name.rpartition("/")[2] for name in scores}
    if not any(quantity in TELLING for quantity in quantities.values()):
        return scores
    return {name: scores[name] for name, q in quantities.items() if q == "loss" or q in TELLING}


def _cells(record: RunRecord) -> list[str]:
    return [
        record.name,
        record.id[:8],
        _status(record),
        _started(record).strftime("%Y-%m-%d %H:%M"),
        _took(record.duration_s),
        _choice(record, "model") or "",
        _choice(record, "data") or "",
    ]


def _rank(name: str) -> tuple[bool, bool, str]:
    """Scores before losses, of the test set before the validation set."""
    return (name.endswith("/loss"), not name.startswith("test/"), name)


def _status(record: RunRecord) -> str:
    status = record.status.lower()
    reason = record.reason.partition(";")[0].strip()
    if reason.lower() in ("", status):
        return status
    cut = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON].rstrip()}…"
    return f"{status} ({cut})"


def _started(record: RunRecord) -> datetime:
    return datetime.fromtimestamp(record.started).astimezone()


def _took(seconds: float | None) -> str:
    """A duration as a person reads it: 3.1 s, 4 min 10 s, 2 h 5 min."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _choice(record: RunRecord, group: str) -> str | None:
    return record.tags.get(f"dlcli.choice.{group}")


def _number(scores: dict[str, float], name: str) -> str:
    return output.number(scores[name]) if name in scores else ""
