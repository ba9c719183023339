"""The figures of a sweep, each with its numbers beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.figure import save
from dlcli.search.figures_axis import Scale, shown
from dlcli.search.figures_bars import importance_bars
from dlcli.search.figures_front import front
from dlcli.search.figures_history import best_so_far, history
from dlcli.search.figures_parallel import parallel
from dlcli.search.figures_slices import slices
from dlcli.tracking.folder import replace_file

if TYPE_CHECKING:
    from dlcli.search.study import Trial


@dataclass(frozen=True)
class Objective:
    """What is searched for: the lowest or the highest value of a metric."""

    metric: str
    mode: str

    @property
    def label(self) -> str:
        """Its name on an axis."""
        return f"{self.metric} {self.hint}"

    @property
    def hint(self) -> str:
        """Which way it is better."""
        return f"({'higher' if self.mode == 'max' else 'lower'} is better)"

    def better(self, one: float, other: float) -> float:
        return max(one, other) if self.mode == "max" else min(one, other)

    def ranked(self, trials: Sequence[Trial], index: int) -> list[Trial]:
        """Trials by their value, the best first; of equal ones the earlier."""
        sign = -1.0 if self.mode == "max" else 1.0
        return sorted(trials, key=lambda trial: (sign * trial.values[index], trial.number))

    def first(self, trials: Sequence[Trial], index: int) -> Trial | None:
        """The best trial."""
        return next(iter(self.ranked(trials, index)), None)


def draw(
    trials: Sequence[Trial],
    scales: Sequence[Scale],
    objectives: Sequence[Objective],
    importances: Mapping[str, float],
    best: Sequence[int],
    folder: Path,
) -> None:
    """Write all figures that the trials have the numbers for, in the place of those of before.

    Args:
        trials: in the order of their numbers.
        scales: of what is searched.
        objectives: in the order of the trials' values.
        importances: of each parameter; empty where they are not known.
        best: the numbers of the trials on the Pareto front.
        folder: for the PNG and CSV files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    complete = [trial for trial in trials if trial.state == "complete"]
    if trials:
        save(history(trials, objectives), folder / "history.png")
        _write_history(trials, objectives, folder / "history.csv")
    for index, objective in enumerate(objectives if complete and scales else ()):
        name = f"_{objective.metric.replace('/', '_')}" if len(objectives) > 1 else ""
        save(parallel(complete, scales, index, objective), folder / f"parallel{name}.png")
        save(slices(complete, scales, index, objective), folder / f"slices{name}.png")
        for figure in ("parallel", "slices"):
            _write_points(complete, scales, index, objective, folder / f"{figure}{name}.csv")
    if importances:
        save(importance_bars(importances), folder / "importances.png")
        write_csv(folder / "importances.csv", ["parameter", "share"], importances.items())
    if len(objectives) > 1 and complete:
        save(front(complete, best, objectives), folder / "pareto.png")
        _write_front(complete, best, objectives, folder / "pareto.csv")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table, as a whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    replace_file(path, text.getvalue(), sync=False)


def cell(params: Mapping[str, Any], key: str) -> str:
    """A parameter of a trial in a table; nothing where the trial has none of that name."""
    return shown(params[key]) if key in params else ""


def _write_history(trials: Sequence[Trial], objectives: Sequence[Objective], path: Path) -> None:
    metrics = [objective.metric for objective in objectives]
    best: list[dict[int, float]] = [
        dict(best_so_far(trials, index, objective)) for index, objective in enumerate(objectives)
    ]
    blank = [""] * len(metrics)
    rows = [
        [t.number, t.state, *(t.values or blank), *(one.get(t.number, "") for one in best)]
        for t in trials
    ]
    write_csv(path, ["trial", "state", *metrics, *(f"best/{name}" for name in metrics)], rows)


def _write_points(
    complete: Sequence[Trial],
    scales: Sequence[Scale],
    index: int,
    objective: Objective,
    path: Path,
) -> None:
    keys = [scale.key for scale in scales]
    rows = [[t.number, *(cell(t.params, key) for key in keys), t.values[index]] for t in complete]
    write_csv(path, ["trial", *keys, objective.metric], rows)


def _write_front(
    complete: Sequence[Trial],
    best: Sequence[int],
    objectives: Sequence[Objective],
    path: Path,
) -> None:
    rows = [[t.number, *t.values, int(t.number in best)] for t in complete]
    write_csv(path, ["trial", *(one.metric for one in objectives), "on_front"], rows)
