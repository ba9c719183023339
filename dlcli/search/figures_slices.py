"""One objective against each parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlcli.figure import BLUE, RED, bare
from dlcli.search.figures_axis import Scale, wide, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlcli.search.figures import Objective
    from dlcli.search.study import Trial

COLUMNS = 2


def slices(
    complete: Sequence[Trial], scales: Sequence[Scale], index: int, objective: Objective
) -> Figure:
    """A panel a parameter, with a dot for each complete trial that has it; the best is marked."""
    from matplotlib.figure import Figure

    columns = min(COLUMNS, len(scales))
    rows = math.ceil(len(scales) / columns)
    figure = Figure(figsize=(6.6, 2.7 * rows + 0.3), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
    best = objective.first(complete, index)
    log = wide([trial.values[index] for trial in complete])
    for panel, scale in zip(panels, scales, strict=False):
        having = [trial for trial in complete if scale.key in trial.params]
        size = 18 if len(having) < 200 else 6
        places = [scale.number(t.params[scale.key]) + _aside(t.number, scale) for t in having]
        values = [trial.values[index] for trial in having]
        panel.scatter(places, values, s=size, color=BLUE, alpha=0.6, linewidths=0)
        if best is not None and scale.key in best.params:
            place = scale.number(best.params[scale.key]) + _aside(best.number, scale)
            value = best.values[index]
            panel.scatter([place], [value], s=90, marker="*", color=RED, label="best", zorder=3)
        scale.apply(panel)
        panel.set_xlabel(wrapped(scale.key, 34))
        if log:
            panel.set_yscale("log")
        panel.label_outer(remove_inner_ticks=False)
        panel.xaxis.set_tick_params(labelbottom=True)
        panel.set_xlabel(wrapped(scale.key, 34))
        bare(panel)
    for panel in panels[len(scales) :]:
        panel.set_visible(False)
    figure.supylabel(wrapped(objective.label, 40), fontsize="medium")
    return figure


def _aside(number: int, scale: Scale) -> float:
    """A little to the side, so that trials with one option do not hide each other."""
    return ((number * 0.618034) % 1.0 - 0.5) * 0.4 if scale.options else 0.0
