"""Objectives against each other, two by two."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from dlcli.figure import BLUE, RED, bare
from dlcli.search.figures_axis import wide

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlcli.search.figures import Objective
    from dlcli.search.study import Trial

MOST_NUMBERS = 10
PANEL = (3.0, 2.6)  # inches, where there are several
DOT, DIGIT = 6.0, (5.5, 7.0)  # points: how wide a dot is; how wide and high a digit
# Where a number may stand from its dot: how often its own width, and points, across; points up.
SIDES = (
    (0.0, 4.0, 4.0),
    (-1.0, -4.0, 4.0),
    (0.0, 4.0, -10.0),
    (-1.0, -4.0, -10.0),
    (0.0, 6.0, -3.0),
    (-1.0, -6.0, -3.0),
    (-0.5, 0.0, 6.0),
    (-0.5, 0.0, -12.0),
    (0.0, 9.0, 10.0),
    (-1.0, -9.0, 10.0),
)


def front(
    complete: Sequence[Trial], best: Collection[int], objectives: Sequence[Objective]
) -> Figure:
    """A dot a complete trial, in a panel for each two objectives.

    Those that no other trial beats are joined where two objectives are all there are: of more, the
    front is a surface.

    Args:
        best: the numbers of the latter.
    """
    from matplotlib.figure import Figure

    side = len(objectives) - 1
    size = (6.4, 4.4) if side == 1 else (PANEL[0] * side, PANEL[1] * side)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(side, side, squeeze=False)
    for row in range(side):
        for column in range(side):
            panel = grid[row, column]
            if column > row:
                panel.set_visible(False)
                continue
            _draw(panel, complete, best, (column, row + 1), joined=side == 1)
            if row == side - 1:
                panel.set_xlabel(objectives[column].label)
            if column == 0:
                panel.set_ylabel(objectives[row + 1].label)
    kinds = grid[0, 0].get_legend_handles_labels()
    figure.legend(*kinds, loc="outside upper left", ncols=2, frameon=False)
    return figure


def _draw(
    panel: Axes,
    complete: Sequence[Trial],
    best: Collection[int],
    pair: tuple[int, int],
    joined: bool,
) -> None:
    """The trials by two of their values."""
    across, up = pair
    points = {trial.number: (trial.values[across], trial.values[up]) for trial in complete}
    beaten = [point for number, point in points.items() if number not in best]
    if beaten:
        x, y = zip(*beaten, strict=True)
        size = 22 if len(beaten) < 200 else 8
        panel.scatter(x, y, s=size, color=BLUE, alpha=0.6, linewidths=0, label="others")
    top = sorted((point, number) for number, point in points.items() if number in best)
    x, y = zip(*(point for point, _ in top), strict=True)
    line = 1.2 if joined else 0.0
    panel.plot(x, y, color=RED, marker="o", lw=line, label="Pareto front", zorder=3)
    first, second = zip(*points.values(), strict=True)
    if wide(first):
        panel.set_xscale("log")
    if wide(second):
        panel.set_yscale("log")
    if len(top) <= MOST_NUMBERS:
        _write_numbers(panel, top)
    bare(panel)


def _write_numbers(panel: Axes, top: Sequence[tuple[tuple[float, float], int]]) -> None:
    """Each trial's number beside its dot, on the side where it covers the least."""
    from matplotlib.transforms import Bbox

    panel.autoscale_view()
    points = 72 / panel.figure.dpi  # to a pixel
    places = [panel.transData.transform(place) * points for place, _ in top]
    left, bottom, width, height = (side * points for side in panel.bbox.bounds)
    taken = [Bbox.from_bounds(x - DOT / 2, y - DOT / 2, DOT, DOT) for x, y in places]
    taken.append(Bbox.from_extents(0, bottom, left, bottom + height))  # beyond the axes
    taken.append(Bbox.from_extents(left, 0, left + width, bottom))
    for (place, number), (x, y) in zip(top, places, strict=True):
        room = DIGIT[0] * len(f"{number}")
        spots = [(share * room + across, up) for share, across, up in SIDES]
        boxes = [Bbox.from_bounds(x + across, y + up, room, DIGIT[1]) for across, up in spots]
        covered = [box.count_overlaps(taken) for box in boxes]
        best = covered.index(min(covered))
        taken.append(boxes[best])
        panel.annotate(f"{number}", place, spots[best], textcoords="offset points", fontsize=8.5)
