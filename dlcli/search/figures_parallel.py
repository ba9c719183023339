"""Each trial as a line through its parameters and its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlcli.figure import DARK, RED
from dlcli.labels import LONGEST
from dlcli.search.figures_axis import Scale, wide, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlcli.search.figures import Objective
    from dlcli.search.study import Trial

MOST_LINES = 1000
ROOM = 58  # characters side by side on an axis
ABSENT = 1.09  # where a line passes a parameter that its trial does not have

Places = list[tuple[float, float]]


def parallel(
    complete: Sequence[Trial], scales: Sequence[Scale], index: int, objective: Objective
) -> Figure:
    """One horizontal axis a parameter and one for the objective, below each other.

    Better trials are darker and above the others. Beside the axis of a parameter that not every
    trial has there is a place for those without.
    """
    from matplotlib.figure import Figure

    shown = _selected(objective.ranked(complete, index))
    rows = [*scales, value_scale([trial.values[index] for trial in complete], objective)]
    partial = {one.key for one in scales if any(one.key not in t.params for t in complete)}
    figure = Figure(figsize=(6.6, 0.78 * len(rows) + 0.8), layout="constrained")
    panel = figure.subplots()
    for row, scale in enumerate(rows):
        _axis(panel, row, scale, scale.key in partial)
    _lines(panel, [_places(trial, scales, rows[-1], index) for trial in shown])
    panel.set_ylim(len(rows) - 0.45, -0.3)
    panel.set_xlim(-0.03, ABSENT + 0.05 if partial else 1.03)
    panel.set_xticks([])
    panel.set_yticks(range(len(rows)), [*(wrapped(one.key) for one in scales), rows[-1].key])
    panel.tick_params(axis="y", length=0, pad=6)
    panel.spines[:].set_visible(False)
    count = f"{len(shown)} of {len(complete)} " if len(shown) < len(complete) else ""
    title = f"{count}complete trials: the darker, the better; red is the best"
    panel.set_title(title, fontsize="medium", loc="left")
    return figure


def value_scale(values: Sequence[float], objective: Objective) -> Scale:
    """The scale of an objective's values."""
    name = f"{wrapped(objective.metric)}\n{objective.hint}"
    return Scale(name, min(values), max(values), wide(values))


def _selected(ranked: list[Trial]) -> list[Trial]:
    """Not more lines than the eye can follow: the best, and every so many-th of the rest."""
    half = MOST_LINES // 2
    if len(ranked) <= MOST_LINES:
        return ranked
    step = -(-(len(ranked) - half) // half)
    return ranked[:half] + ranked[half::step]


def _axis(panel: Axes, row: int, scale: Scale, partial: bool) -> None:
    panel.hlines(row, 0, 1, color=DARK, lw=0.8, zorder=3)
    room = max(4, ROOM // max(len(scale.options), 1) - 3)
    ticks = scale.ticks(min(room, LONGEST))
    for place, text in [*ticks, *([(ABSENT, "absent")] if partial else [])]:
        panel.vlines(place, row - 0.04, row + 0.04, color=DARK, lw=0.8, zorder=3)
        edge = "left" if place < 0.02 else "right" if 0.98 < place <= 1 else "center"
        label = panel.text(place, row + 0.09, text, ha=edge, va="top", fontsize=8.5, zorder=5)
        label.set_bbox({"facecolor": "white", "alpha": 0.75, "pad": 0.6, "linewidth": 0})


def _places(trial: Trial, scales: Sequence[Scale], value: Scale, index: int) -> Places:
    """Where a trial crosses the axes, from above."""
    aside = ((trial.number * 0.618034) % 1.0 - 0.5) * 0.04
    places: Places = []
    for row, scale in enumerate(scales):
        if scale.key not in trial.params:
            places.append((ABSENT + aside, row))
        else:
            place = scale.place(trial.params[scale.key])
            places.append((place + aside if scale.options else place, row))
    return [*places, (value.place(trial.values[index]), len(scales))]


def _lines(panel: Axes, lines: Sequence[Places]) -> None:
    """Draw lines, of which the first is the best."""
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection

    others = list(lines[1:])[::-1]
    colours = [
        colormaps["viridis"](0.1 + 0.85 * (1 - rank / max(len(others) - 1, 1)))
        for rank in range(len(others))
    ]
    alpha = max(0.12, min(0.8, 40 / max(len(others), 1)))
    panel.add_collection(LineCollection(others, colors=colours, alpha=alpha, lw=1.0, zorder=1))
    panel.add_collection(LineCollection([lines[0]], colors=[RED], lw=2.2, zorder=2))
