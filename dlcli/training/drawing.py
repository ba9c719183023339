"""Draw what a model shows of itself: grids of examples, and points in the plane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dlcli.data.picture import Picture, Scatter
from dlcli.figure import save

CELL = 0.62  # of an image in the grid, in inches
GAP = 1  # between images, in pixels
BETWEEN = 0.6  # the grey of the gaps


def draw_picture(picture: Picture, title: str, path: Path) -> None:
    """Draw a grid of images, or of signals and vectors as lines.

    Args:
        picture: with examples ``(rows, columns, *shape)``.
        title: over the figure.
        path: of the PNG.
    """
    examples = picture.examples.detach().cpu().float()
    rows, columns = examples.shape[:2]
    size = (CELL * columns + (1.2 if picture.rows else 0.2), CELL * rows + 0.5)
    figure = Figure(figsize=(max(size[0], 3), size[1]), layout="constrained")
    panel = figure.subplots()
    middles = draw_images(panel, examples) if examples.ndim == 5 else draw_lines(panel, examples)
    panel.set_title(title, fontsize=9)
    panel.set_xticks([])
    panel.set_yticks(middles if picture.rows else [], picture.rows)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    save(figure, path)


def draw_images(panel: Axes, images: Tensor) -> list[float]:
    """Draw ``(rows, columns, C, H, W)``; return the height of each row's middle."""
    rows, columns, channels, height, width = images.shape
    colours = 3 if channels == 3 else 1  # of other numbers of channels the first is shown
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, colours), BETWEEN)
    for row, column in np.ndindex(rows, columns):
        top, left = row * (height + GAP), column * (width + GAP)
        image = images[row, column, :colours].permute(1, 2, 0).numpy()
        sheet[top : top + height, left : left + width] = image
    panel.imshow(sheet.squeeze(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    return [row * (height + GAP) + height / 2 - 0.5 for row in range(rows)]


def draw_lines(panel: Axes, signals: Tensor) -> list[float]:
    """Draw ``(rows, columns, C, T)`` or ``(rows, columns, F)``; return the rows' middles."""
    lines = signals if signals.ndim == 4 else signals.unsqueeze(2)
    rows, columns, channels, length = lines.shape
    across = np.linspace(0.05, 0.95, length) if length > 1 else np.array([0.5])
    for row, column, channel in np.ndindex(rows, columns, channels):
        values = lines[row, column, channel].numpy()
        heights = rows - row - 1 + 0.1 + 0.8 * values
        marker = "." if length == 1 else None
        panel.plot(column + across, heights, color=f"C{channel}", linewidth=0.8, marker=marker)
    panel.set(xlim=(0, columns), ylim=(0, rows))
    return [rows - row - 0.5 for row in range(rows)]


def draw_scatter(scatter: Scatter, title: str, path: Path) -> None:
    """Draw points, one colour a class.

    Args:
        scatter: with points ``(N, 2)``.
        title: over the figure.
        path: of the PNG.
    """
    points = scatter.points.detach().cpu().float().numpy()
    figure = Figure(figsize=(5.6, 4.6), layout="constrained")
    panel = figure.subplots()
    for colour, name, chosen in _groups(scatter, len(points)):
        across, up = points[chosen].T
        panel.scatter(across, up, s=6, color=colour, label=name, linewidths=0)
    if scatter.labels is not None:
        panel.legend(
            frameon=False, markerscale=3, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
        )
    panel.set(xlabel=scatter.axes[0], ylabel=scatter.axes[1])
    panel.set_title(title, fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def _groups(scatter: Scatter, count: int) -> list[tuple[Any, str, np.ndarray]]:
    """A colour, a name and the points of each class."""
    if scatter.labels is None:
        return [("#4477aa", "", np.ones(count, dtype=bool))]
    labels = scatter.labels.detach().cpu().numpy()
    few = len(scatter.classes) <= 10
    colours = colormaps["tab10" if few else "viridis"]
    last = max(len(scatter.classes) - 1, 1)
    return [
        (colours(index if few else index / last), name, labels == index)
        for index, name in enumerate(scatter.classes)
    ]
