"""The course of a sweep: the value of each trial, and the best so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dlcli.figure import BLUE, DARK, RED, YELLOW, bare
from dlcli.search.figures_axis import wide

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlcli.search.figures import Objective
    from dlcli.search.study import Trial


def history(trials: Sequence[Trial], objectives: Sequence[Objective]) -> Figure:
    """One panel an objective: a dot a complete trial, and marks for the others."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.4 * len(objectives) + 0.4), layout="constrained")
    panels = figure.subplots(len(objectives), 1, squeeze=False, sharex=True)[:, 0]
    for index, (panel, objective) in enumerate(zip(panels, objectives, strict=True)):
        _panel(panel, trials, index, objective)
    panels[-1].set_xlabel("trial")
    marks: dict[str, Any] = {}
    for panel in panels:
        handles, labels = panel.get_legend_handles_labels()
        marks |= dict(zip(labels, handles, strict=True))
    if marks:
        figure.legend(marks.values(), list(marks), loc="outside upper left", ncols=4, frameon=False)
    return figure


def best_so_far(
    trials: Sequence[Trial], index: int, objective: Objective
) -> Iterator[tuple[int, float]]:
    """The best value of the complete trials up to each of them, by number."""
    best: float | None = None
    for trial in trials:
        if trial.state == "complete":
            value = trial.values[index]
            best = value if best is None else objective.better(best, value)
            yield trial.number, best


def _panel(panel: Axes, trials: Sequence[Trial], index: int, objective: Objective) -> None:
    from matplotlib.ticker import MaxNLocator

    size = 22 if len(trials) < 200 else 8 if len(trials) < 2000 else 2
    seen: list[float] = []
    for state, colour, marker in (("complete", BLUE, "o"), ("pruned", YELLOW, "v")):
        # a pruned trial of several objectives has no values
        points = [(t.number, t.values[index]) for t in trials if t.state == state and t.values]
        if points:
            numbers, values = zip(*points, strict=True)
            panel.scatter(
                numbers, values, s=size, color=colour, marker=marker, label=state, zorder=2
            )
            seen += values
    failed = [trial.number for trial in trials if trial.state == "failed"]
    if failed:
        across = panel.get_xaxis_transform()
        panel.scatter(
            failed,
            [0.02] * len(failed),
            s=size,
            color=RED,
            marker="x",
            label="failed",
            transform=across,
            clip_on=False,
        )
    _line(panel, list(best_so_far(trials, index, objective)), trials)
    if wide(seen):
        panel.set_yscale("log")
    if not seen:
        panel.set_yticks([])
        panel.text(0.5, 0.5, "no trial is complete", transform=panel.transAxes, ha="center")
    panel.set_ylabel(objective.label)
    panel.set_xlim(-0.5, max(len(trials) - 0.5, 0.5))
    panel.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    bare(panel)


def _line(panel: Axes, best: list[tuple[int, float]], trials: Sequence[Trial]) -> None:
    if not best:
        return
    numbers, values = zip(*best, strict=True)
    numbers, values = (*numbers, trials[-1].number), (*values, values[-1])
    panel.step(numbers, values, where="post", color=DARK, lw=1.4, label="best so far", zorder=1)
