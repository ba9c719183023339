"""What the trials of a sweep show: figures and tables in the artifacts of its parent run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.config.space import Space
from dlcli.search.summary import run_ids

if TYPE_CHECKING:
    from dlcli.search.folder import Frozen, SweepFolder
    from dlcli.search.study import Study, Trial


def write_findings(study: Study, folder: SweepFolder, frozen: Frozen, artifacts: Path) -> list[str]:
    """Write ``trials.csv``, ``pareto.csv`` and ``figures/``, in the place of those of before.

    Returns:
        A line about what could not be drawn; a sweep does not fail for a figure.

    Raises:
        OSError: the tables cannot be written.
    """
    trials = study.trials()
    runs = run_ids(trials, folder)
    several = len(frozen.metrics) > 1
    best = study.pareto() if several else []
    keys = list(dict.fromkeys(one.key for one in Space.from_dict(frozen.space).parameters))
    _write_trials(trials, runs, frozen.metrics, keys, artifacts / "trials.csv")
    if several:
        front = [trials[number] for number in best]
        _write_trials(front, runs, frozen.metrics, keys, artifacts / "pareto.csv")
    try:
        _draw(study, trials, frozen, best, artifacts / "figures")
    except Exception as error:  # whatever it is, the trials are what they are
        return [f"the figures of the sweep could not be drawn: {type(error).__name__}: {error}"]
    return []


def _draw(
    study: Study, trials: Sequence[Trial], frozen: Frozen, best: Sequence[int], folder: Path
) -> None:
    from dlcli.search.figures import Objective, draw
    from dlcli.search.figures_axis import scales

    objectives = [Objective(*pair) for pair in zip(frozen.metrics, frozen.modes, strict=True)]
    importances = study.importances() if len(objectives) == 1 else {}
    draw(trials, scales(Space.from_dict(frozen.space)), objectives, importances, best, folder)


def _write_trials(
    trials: Sequence[Trial],
    runs: Mapping[int, str],
    metrics: Sequence[str],
    keys: Sequence[str],
    path: Path,
) -> None:
    from dlcli.search.figures import cell, write_csv

    blank = [""] * len(metrics)
    rows = [
        [
            trial.number,
            trial.state,
            trial.reason,
            *(trial.values or blank),
            *(cell(trial.params, key) for key in keys),
            f"{trial.seconds:.3f}",
            runs[trial.number],
        ]
        for trial in trials
    ]
    header = ["trial", "state", "reason", *metrics, *keys, "seconds", "run_id"]
    write_csv(path, header, rows)
