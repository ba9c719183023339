"""Two objectives against each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from dlcli.figure import BLUE, RED, bare
from dlcli.search.figures_axis import wide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlcli.search.figures import Objective
    from dlcli.search.study import Trial

MOST_NUMBERS = 10


def front(
    complete: Sequence[Trial], best: Collection[int], objectives: Sequence[Objective]
) -> Figure:
    """A dot a complete trial; those that no other one beats are joined.

    Args:
        best: the numbers of the latter.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    panel = figure.subplots()
    beaten = [trial.values for trial in complete if trial.number not in best]
    if beaten:
        first, second = zip(*beaten, strict=True)
        size = 22 if len(beaten) < 200 else 8
        panel.scatter(first, second, s=size, color=BLUE, alpha=0.6, linewidths=0, label="others")
    top = sorted((t for t in complete if t.number in best), key=lambda trial: trial.values)
    first, second = zip(*(trial.values for trial in top), strict=True)
    panel.plot(first, second, color=RED, marker="o", lw=1.2, label="Pareto front", zorder=3)
    for trial in top if len(top) <= MOST_NUMBERS else ():
        panel.annotate(
            f"{trial.number}",
            (trial.values[0], trial.values[1]),
            (4, 4),
            textcoords="offset points",
            fontsize=8.5,
        )
    values = list(zip(*(trial.values for trial in complete), strict=True))
    if wide(values[0]):
        panel.set_xscale("log")
    if wide(values[1]):
        panel.set_yscale("log")
    panel.set(xlabel=objectives[0].label, ylabel=objectives[1].label)
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    bare(panel)
    return figure
