"""Draw points in the plane, by class; of many numbers, their first two principal components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from dlcli.data.picture import Scatter
from dlcli.figure import BLUE, CYAN, DARK, GREEN, PURPLE, RED, YELLOW, bare, save
from dlcli.labels import labels

FEW = (BLUE, RED, GREEN, YELLOW, CYAN, PURPLE)  # colours of as many classes
MARKERS = "os^DvP<X>*"
SHORT = 2  # letters of a name that hides no points
MOST_NAMED = 20  # classes that a legend has room for
LEGEND, INSIDE = 24, 8  # letters of a name there, and among very many within the points


def draw_scatter(scatter: Scatter, title: str, path: Path) -> None:
    """Draw points, a colour and a marker a class, and write their numbers beside it.

    Args:
        scatter: with points ``(N, D)``.
        title: over the figure.
        path: of the PNG.
    """
    points, axes = in_the_plane(scatter)
    figure = Figure(figsize=(5.6, 4.6), layout="constrained")
    panel = figure.subplots()
    if scatter.labels is None:
        panel.scatter(points[:, 0], points[:, 1], s=12, color=BLUE, alpha=0.6, linewidths=0)
    else:
        draw_classes(panel, points, scatter.labels.detach().cpu().numpy(), scatter.classes)
    panel.set(xlabel=axes[0], ylabel=axes[1])
    panel.set_title(title, fontsize=9)
    bare(panel)
    names = [axis.partition(" (")[0] for axis in axes]  # without the share
    numbers: dict[str, Any] = {name: points[:, side].tolist() for side, name in enumerate(names)}
    if scatter.labels is not None:
        numbers["class"] = [scatter.classes[label] for label in scatter.labels.tolist()]
    save(figure, path, numbers)


def in_the_plane(scatter: Scatter) -> tuple[np.ndarray, tuple[str, str]]:
    """Points ``(N, 2)``, and what their axes are."""
    points = scatter.points.detach().cpu().double().numpy()
    if points.shape[1] == 2:
        return points, scatter.axes
    from sklearn.decomposition import PCA

    with np.errstate(invalid="ignore"):  # where all points are one
        found = PCA(2, svd_solver="full").fit(points)
    shares = np.nan_to_num(found.explained_variance_ratio_)
    first, second = (f"principal component {i + 1} ({s:.0%})" for i, s in enumerate(shares))
    return found.transform(points), (first, second)


def draw_classes(
    panel: Axes, points: np.ndarray, targets: np.ndarray, classes: tuple[str, ...]
) -> None:
    """Draw points ``(N, 2)`` by class; short names, or very many, are written in their middle."""
    named = len(classes) <= MOST_NAMED
    inside = not named or max(map(len, classes)) <= SHORT
    for index, name in enumerate(labels(classes, LEGEND if named else INSIDE)):
        across, up = points[targets == index].T
        colour = colour_of(index, len(classes))
        look = {"color": colour, "marker": MARKERS[index % len(MARKERS)], "alpha": 0.6}
        panel.scatter(across, up, s=24, label=name, linewidths=0, **look)
        if inside and len(across):
            middle = (float(np.median(across)), float(np.median(up)))
            written = panel.text(*middle, name, color=DARK, ha="center", va="center")
            written.set(fontsize=10 if named else 7, fontweight="bold")
            written.set_path_effects([withStroke(linewidth=3, foreground="white")])
    if named:
        panel.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))


def colour_of(index: int, classes: int) -> Any:
    """A colour that can be told from the others; of many classes, along one scale."""
    if classes <= len(FEW):
        return FEW[index]
    return colormaps["viridis"](0.9 * index / (classes - 1))
