"""What a sweep has come to, as programs read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlcli.search import parent
from dlcli.search.trial import STATES

if TYPE_CHECKING:
    from dlcli.search.folder import Frozen, SweepFolder
    from dlcli.search.study import Study, Trial


def summarize(
    study: Study, folder: SweepFolder, frozen: Frozen, reason: str = "finished"
) -> dict[str, Any]:
    """The summary of a sweep.

    Args:
        study: its trials.
        folder: says which runs they have.
        frozen: its objectives.
        reason: why the sweep came to its end.

    Returns:
        ``study``, ``parent_run_id``, ``status``, the counts in ``trials``, and ``best``: number,
        value, params and run_id of the best trial, or None; of several objectives ``pareto``, a
        list of the same with ``values``, and no best.
    """
    trials = study.trials()
    counts = Counter(trial.state for trial in trials)
    summary: dict[str, Any] = {
        "study": frozen.name,
        "parent_run_id": parent.read(folder),
        "status": status(counts["complete"], reason),
        "trials": {state: counts[state] for state in STATES} | {"total": len(trials)},
        "best": None,
    }
    if len(frozen.metrics) > 1:
        return summary | {"pareto": [_entry(trials[n], folder) for n in study.pareto()]}
    if best := study.best():
        values = _entry(trials[best[0]], folder)
        summary["best"] = {"number": best[0], "value": best[1]} | {
            key: values[key] for key in ("params", "run_id")
        }
    return summary


def left(trials: Mapping[str, int], total: int) -> int:
    """How many trials are to begin or to go on, by the counts of a summary.

    Args:
        total: how many there are to be.
    """
    return max(total, trials["total"]) - sum(trials[state] for state in STATES)


def status(complete: int, reason: str) -> str:
    """The status of a sweep's run: FINISHED, FAILED, or KILLED for one that was stopped."""
    if reason == "stopped":
        return "KILLED"
    return "FINISHED" if complete and reason in ("finished", "timeout") else "FAILED"


def run_ids(trials: Sequence[Trial], folder: SweepFolder) -> dict[int, str]:
    """The run of each trial, by its number."""
    return {trial.number: _run_id(trial.number, folder) for trial in trials}


def _entry(trial: Trial, folder: SweepFolder) -> dict[str, Any]:
    return {
        "number": trial.number,
        "values": list(trial.values),
        "params": trial.params,
        "run_id": _run_id(trial.number, folder),
    }


def _run_id(number: int, folder: SweepFolder) -> str:
    about = folder.trial(number).read()
    return str(about["run_id"]) if about else ""
