"""Figures of a run: learning curves and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dlcli.figure import BLUE, GREEN, GREY, RED, bare, save

Series = Mapping[str, Sequence[tuple[int, float]]]  # metric -> (step, value)
COLOURS = {"train": BLUE, "val": RED, "test": GREEN}


def learning_curves(series: Series, best_step: int | None, path: Path) -> None:
    """Draw one panel a quantity, one line a stage, and a mark where the best checkpoint is.

    Args:
        series: values by optimizer step of metrics named ``stage/quantity``.
        best_step: the step of the best checkpoint.
        path: of the PNG.
    """
    quantities = _by_quantity(series)
    if not quantities:
        return
    figure = Figure(figsize=(5 * len(quantities), 3.6), layout="constrained")
    panels = figure.subplots(1, len(quantities), squeeze=False)[0]
    for panel, (quantity, stages) in zip(panels, quantities.items(), strict=True):
        for stage, points in stages.items():
            steps, values = zip(*points, strict=True)
            marker = "o" if len(points) == 1 else None
            panel.plot(steps, values, label=stage, color=COLOURS.get(stage), marker=marker)
        if best_step is not None:
            panel.axvline(best_step, color=GREY, linestyle="--", label="best checkpoint")
        panel.set(xlabel="optimizer step", ylabel=quantity)
        panel.legend(frameon=False)
        bare(panel)
    save(figure, path)


def _by_quantity(series: Series) -> dict[str, dict[str, Sequence[tuple[int, float]]]]:
    quantities: dict[str, dict[str, Sequence[tuple[int, float]]]] = {}
    for name, points in series.items():
        stage, _, quantity = name.partition("/")
        finite = [(step, value) for step, value in points if np.isfinite(value)]
        if stage in ("train", "val") and finite:
            quantities.setdefault(quantity, {})[stage] = finite
    return quantities


def confusion_matrix(counts: np.ndarray, classes: Sequence[str], title: str, path: Path) -> None:
    """Draw a confusion matrix, rows the true class and columns the predicted one.

    Args:
        counts: how often class i was taken for class j, of shape (classes, classes).
        classes: their names.
        title: over the figure.
        path: of the PNG.
    """
    size = max(4.0, 0.45 * len(classes) + 1.5)
    figure = Figure(figsize=(size, size), layout="constrained")
    panel = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ticks = range(len(classes))
    panel.set_xticks(ticks, classes, rotation=90 if max(map(len, classes)) > 2 else 0)
    panel.set_yticks(ticks, classes)
    panel.set(xlabel="predicted", ylabel="true", title=title)
    if len(classes) <= 30:
        for row, column in np.argwhere(counts > 0):
            colour = "white" if shares[row, column] > 0.5 else "black"
            text = str(int(counts[row, column]))
            panel.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    save(figure, path)
