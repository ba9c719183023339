"""``dlcli doctor``: versions, devices, store health; repairs what a crash left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dlcli.cli import output
from dlcli.cli.options import ConfigDir, Debug, Json, TrackingOverrides
from dlcli.errors import DlcliError

if TYPE_CHECKING:
    from dlcli.cli.health import Check

COLOURS = {"ok": "\x1b[32m", "repaired": "\x1b[36m", "note": "\x1b[33m", "problem": "\x1b[31m"}


def doctor(
    overrides: TrackingOverrides = None,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Check versions, devices and the store; repair what a crash left."""
    checks = []
    for check in examine(overrides or [], config_dir):
        checks.append(check)
        if not json:
            print_check(check)
    problems = [check for check in checks if check.state == "problem"]
    if json:
        output.print_json(as_json(checks))
    if problems:
        raise typer.Exit(_status(problems))


def examine(overrides: Sequence[str], config_dir: Path | None) -> Iterator[Check]:
    """Everything that is checked, as it becomes known."""
    from dlcli.cli import health, store_health
    from dlcli.config.store import store_root, tracking_settings

    devices = health.Devices()
    yield health.versions()
    yield from health.configuration(config_dir)
    root = store_root()
    try:
        yield from store_health.store(tracking_settings(overrides, config_dir), root)
    except DlcliError as error:
        yield health.problem("config", error)
    yield from health.checkpoints(root)
    yield devices.check()


def as_json(checks: Sequence[Check]) -> dict[str, object]:
    """The checks in the form that programs read, with the failure where there is one."""
    found: dict[str, object] = {
        "checks": [
            {key: value for key, value in asdict(check).items() if key != "status"}
            for check in checks
        ]
    }
    problems = [check for check in checks if check.state == "problem"]
    if problems:
        kind = "store" if _status(problems) == 4 else problems[0].name
        found["error"] = {"kind": kind, "message": "\n".join(one.message for one in problems)}
        found["status"] = _status(problems)
    return found


def print_check(check: Check) -> None:
    """Print a line: the state, what it is about, and what to do."""
    state = check.state.ljust(8)
    if output.is_styled():
        state = f"{COLOURS[check.state]}{state}{output.PLAIN}"
    for line in check.message.splitlines():
        print(f"{state}  {check.name.ljust(11)}  {line}", flush=True)


def _status(problems: Sequence[Check]) -> int:
    """The exit status: that of the store where it has a problem, else of the first problem."""
    statuses = [check.status for check in problems]
    return 4 if 4 in statuses else statuses[0]
