"""The learning curves of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dlcli.figure import BLUE, GREY, RED, Table, bare, save

Points = Sequence[tuple[int, float]]  # (step, value)
Series = Mapping[str, Points]  # by metric
STYLES = {"train": (BLUE, "-"), "val": (RED, "--")}
COLUMNS = 2


def learning_curves(series: Series, best_step: int | None, path: Path) -> None:
    """Draw one panel a quantity, one line a stage, and a mark where the best checkpoint is.

    Args:
        series: values by optimizer step of metrics named ``stage/quantity``.
        best_step: the step of the best checkpoint.
        path: of the PNG; its CSV has a line for each value.
    """
    quantities = _by_quantity(series)
    if not quantities:
        return
    columns = min(len(quantities), COLUMNS)
    rows = -(-len(quantities) // columns)
    figure = Figure(figsize=(5.6 if columns > 1 else 4.6, 2.8 * rows + 0.3), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).flatten()
    for panel, (quantity, stages) in zip(panels, quantities.items(), strict=False):
        _draw(panel, quantity, stages, best_step)
    for panel in panels[len(quantities) :]:
        panel.set_axis_off()
    lines = {line.get_label(): line for panel in panels[::-1] for line in panel.get_lines()}
    names = [str(name) for name in lines]
    figure.legend(
        list(lines.values()), names, loc="outside upper center", ncols=3, frameon=False, fontsize=9
    )
    save(figure, path, _table(quantities))


def _draw(panel: Axes, quantity: str, stages: Series, best_step: int | None) -> None:
    if best_step is not None:
        panel.axvline(best_step, color=GREY, linewidth=1.2, label="best checkpoint")
    for stage, points in stages.items():
        steps, values = zip(*points, strict=True)
        colour, dash = STYLES[stage]
        marker = "o" if len(points) == 1 else None
        panel.plot(steps, values, dash, label=stage, color=colour, marker=marker)
    panel.set(xlabel="optimizer step", ylabel=quantity)
    panel.xaxis.set_major_locator(MaxNLocator(4))
    bare(panel)


def _by_quantity(series: Series) -> dict[str, dict[str, Points]]:
    quantities: dict[str, dict[str, Points]] = {}
    for name, points in series.items():
        stage, _, quantity = name.partition("/")
        finite = [(step, value) for step, value in points if np.isfinite(value)]
        if stage in STYLES and finite:
            quantities.setdefault(quantity, {})[stage] = finite
    return quantities


def _table(quantities: Mapping[str, Series]) -> Table:
    """A line for each value."""
    rows = [
        (f"{stage}/{quantity}", step, value)
        for quantity, stages in quantities.items()
        for stage, points in stages.items()
        for step, value in points
    ]
    metrics, steps, values = zip(*rows, strict=True)
    return {"metric": metrics, "step": steps, "value": values}
