"""How a sweep ended, and how to go on from it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.cli import output
from dlcli.config.repeat import masked, of_store

if TYPE_CHECKING:
    from dlcli.search.folder import Frozen, SweepFolder


@dataclass(frozen=True)
class Swept:
    """How a sweep ended.

    Args:
        summary: in the form that programs read.
        test: the best trial's test metrics.
        options: what a command needs that uses the best trial's configuration.
        store: what one needs to find it.
        config_dir: the user's own tree, as it was given; empty for none.
        message: why it was stopped before its end; empty where it was not.
        failures: how many trials failed for each reason, in words.
        advice: how to go on in a sweep that was stopped.
        more: how to have more trials; empty where there are no more.
    """

    name: str
    summary: dict[str, Any]
    metrics: list[str]
    test: dict[str, float]
    figures: Path
    best_config: Path
    best_overrides: list[str]
    config_dir: str
    options: list[str]
    store: list[str]
    logs: str
    duration_s: float
    message: str = ""
    failures: str = ""
    advice: str = ""
    more: str = ""


def swept(
    folder: SweepFolder,
    frozen: Frozen,
    summary: dict[str, Any],
    test: dict[str, float],
    total: int,
    message: str = "",
    failures: Mapping[str, int] | None = None,
    duration_s: float = 0.0,
) -> Swept:
    """How a sweep ended, now or before; ``total`` is how many trials it was to have."""
    from dlcli.config.sweep import point_overrides

    best = summary.get("best")
    overrides = [*frozen.overrides, *point_overrides(best["params"])] if best else []
    reasons = [f"{count} {reason}" for reason, count in (failures or {}).items()]
    return Swept(
        name=frozen.name,
        summary=summary,
        metrics=frozen.metrics,
        test=test,
        figures=folder.root / "runs" / summary["parent_run_id"] / "artifacts" / "figures",
        config_dir=frozen.config_dir,
        best_config=folder.path / "best.yaml",
        best_overrides=overrides,
        options=frozen.options,
        store=of_store(frozen.given, frozen.config_dir),
        logs=f"{output.shortened(folder.path)}/trials/*/output.log",
        duration_s=duration_s,
        message=message,
        failures=", ".join(reasons),
        advice=f"to go on: {resume(frozen.name, frozen.given)}",
        more=_more(frozen, summary["trials"], total),
    )


def _more(frozen: Frozen, trials: Mapping[str, int], total: int) -> str:
    """How to have the trials that a limit of time left, else more than there were to be."""
    from dlcli.search.summary import left

    if left(trials, total):
        return resume(frozen.name, frozen.given)
    grid = frozen.settings["search"]["kind"] == "grid"
    more = f"search.n_trials={2 * trials['total']}"
    return "" if grid else resume(frozen.name, frozen.given, more)


def resume(name: str, given: Sequence[str], *more: str) -> str:
    """The command that goes on in a sweep: what it was started with is frozen, but for secrets.

    Args:
        name: of the sweep.
        given: all overrides of its start.
        more: overrides that it is to have from now on.
    """
    return shlex.join(["dlcli", "sweep", "--resume", name, *masked(given), *more])
