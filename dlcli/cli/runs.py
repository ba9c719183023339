"""``dlcli runs``: recorded runs, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.options import ConfigDir, Debug, Json, TrackingOverrides
from dlcli.comparison.scores import at_best, main_metrics, ranked, telling

if TYPE_CHECKING:
    from dlcli.tracking.query import RunRecord

Limit = Annotated[
    int | None,
    typer.Option("--limit", "-n", min=1, help="Only the newest N.", show_default=False),
]
Trials = Annotated[bool, typer.Option("--trials", help="The trials of sweeps, too.")]
LONGEST_REASON = 40


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
    names = ranked(name for score in scores for name in score)
    fixed = ["name", "id", "status", "started", "took", "model", "data"]
    rows = [
        [*_cells(record), *(_number(score, name) for name in names)]
        for record, score in zip(records, scores, strict=True)
    ]
    dispensable = [*reversed(names[1:]), "took", "data", "id", "model", "started", *names[:1]]
    output.print_table([*fixed, *names], rows, dispensable)


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
