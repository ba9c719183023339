"""``dlcli diff``: what differs between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_run
from dlcli.cli.options import RUN_HELP, ConfigDir, Debug, Json, RecordedRun, TrackingOverrides
from dlcli.cli.recorded import runs_of

if TYPE_CHECKING:
    from dlcli.comparison.diff import Difference, Pair, Side
    from dlcli.tracking.query import Runs

Other = Annotated[
    str,
    typer.Argument(
        metavar="OTHER", help=f"{RUN_HELP}.", autocompletion=complete_run, show_default=False
    ),
]


def diff(
    run: RecordedRun,
    other: Other,
    overrides: TrackingOverrides = None,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """What differs between two runs: configuration, code, packages, data, metrics."""
    from dlcli.comparison.diff import difference

    runs = runs_of(overrides or [], config_dir)
    a, b = (side(runs, reference) for reference in (run, other))
    output.warn(list(dict.fromkeys(line for one in (a, b) for line in one.damaged)))
    found = difference(a, b, Path.cwd())
    if json:
        output.print_json(as_json(a, b, found))
    else:
        from dlcli.cli.diff_page import print_difference

        print_difference(a, b, found)


def side(runs: Runs, reference: str) -> Side:
    """A run with what it was made with.

    Raises:
        ConfigError: the RUN means none, or several.
        StoreError: the store cannot be read.
    """
    from dlcli.comparison.detail import read
    from dlcli.comparison.diff import Side

    detail = read(runs.find(reference))
    parent = runs.by_id(detail.record.parent_id) if detail.kind == "evaluate" else None
    return Side(detail, read(parent) if parent else detail)


def as_json(a: Side, b: Side, found: Difference) -> dict[str, Any]:
    """The difference in the form that programs read; pairs are first ``a``'s, then ``b``'s."""
    return {
        "a": {"run_id": a.detail.record.id, "run_name": a.detail.record.name},
        "b": {"run_id": b.detail.record.id, "run_name": b.detail.record.name},
        "same": found.is_nothing,
        "config": _pairs(found.config),
        "code": {
            "same": found.code.same,
            "summary": found.code.summary,
            "commits": [a.source.commit, b.source.commit],
            "changes": list(found.code.changes),
        },
        "packages": _pairs(found.packages),
        "environment": _pairs(found.environment),
        "data": {
            "same": not found.data if found.fingerprinted else None,
            "differences": _pairs(found.data),
        },
        "metrics": {one.name: _without_name(asdict(one)) for one in found.scores},
        "cost": {one.name: _without_name(asdict(one)) for one in found.costs},
    }


def _pairs(pairs: Sequence[Pair]) -> dict[str, list[str | None]]:
    return {one.name: [one.a, one.b] for one in pairs}


def _without_name(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != "name"}
