"""``dlcli show``: everything that is recorded of one run, on one page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dlcli.cli import output
from dlcli.cli.options import ConfigDir, Debug, Json, RecordedRun, TrackingOverrides
from dlcli.cli.recorded import runs_of
from dlcli.comparison.scores import main_metrics

if TYPE_CHECKING:
    from dlcli.comparison.detail import Detail
    from dlcli.comparison.family import Family
    from dlcli.tracking.run_record import RunRecord


def show(
    run: RecordedRun,
    overrides: TrackingOverrides = None,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """One page on a run: configuration, metrics, cost, environment, files, what to do next."""
    from dlcli.cli.next_steps import next_steps
    from dlcli.comparison.detail import read
    from dlcli.comparison.family import family

    runs = runs_of(overrides or [], config_dir)
    record = runs.find(run)
    detail, relatives = read(record), family(runs, record)
    steps = next_steps(detail, relatives, runs.names())
    output.warn(list(detail.damaged))
    if json:
        output.print_json(as_json(detail, relatives, steps))
    else:
        from dlcli.cli.show_page import print_page

        print_page(detail, relatives, steps)


def as_json(detail: Detail, relatives: Family, steps: list[str]) -> dict[str, Any]:
    """The page in the form that programs read."""
    record = detail.record
    return {
        "run_id": record.id,
        "run_name": record.name,
        "kind": detail.kind,
        "status": record.status,
        "reason": record.reason,
        "experiment": record.experiment,
        "started": started(record).isoformat(timespec="seconds"),
        "duration_s": record.duration_s,
        "folder": record.folder,
        "command": record.tags.get("dlcli.command", ""),
        "choices": dict(detail.choices),
        "overrides": list(detail.overrides),
        **_configuration(detail),
        **_measured(detail),
        "environment": dict(detail.environment),
        "code": {"commit": detail.commit, "dirty": detail.dirty, "diff": detail.diff},
        "data": {
            "fingerprint": detail.fingerprint,
            "spec": record.tags.get("dlcli.data.spec", ""),
        },
        "checkpoints": [asdict(one) for one in detail.checkpoints],
        "files": [asdict(one) for one in detail.files],
        "parent": _relative(relatives.parent) if relatives.parent else None,
        "parent_run_id": relatives.parent_id,
        "children": [_relative(one) for one in relatives.children],
        "reproduces": _relative(relatives.original) if relatives.original else None,
        "reproductions": [_relative(one) for one in relatives.reproductions],
        "members": [_relative(one) for one in relatives.members],
        "tags": record.tags,
        "next": steps,
        "damaged": list(detail.damaged),
    }


def _configuration(detail: Detail) -> dict[str, Any]:
    from dlcli.comparison.changed import changed

    return {
        "changed": [asdict(one) for one in changed(detail)],
        "config": dict(detail.config) or dict(detail.flat),
        "origins": dict(detail.origins),
    }


def _measured(detail: Detail) -> dict[str, Any]:
    from dlcli.comparison.best import best_epoch, cost, epochs, metrics

    found = metrics(detail)
    return {
        "metrics": {
            "best": {one.name: one.best for one in found if one.best is not None},
            "last": {one.name: one.last for one in found if one.last is not None},
        },
        "best_epoch": best_epoch(detail),
        "epochs": epochs(detail),
        "cost": cost(detail),
    }


def _relative(record: RunRecord) -> dict[str, Any]:
    return {
        "run_id": record.id,
        "run_name": record.name,
        "kind": record.tags.get("dlcli.kind", ""),
        "status": record.status,
        "reason": record.reason,
        "metrics": main_metrics(record),
    }


def started(record: RunRecord) -> datetime:
    """When a run began, in the time zone of this machine."""
    return datetime.fromtimestamp(record.started).astimezone()
