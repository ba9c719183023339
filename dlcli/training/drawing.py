"""Draw grids of examples: images, or signals and vectors as lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dlcli.data.picture import Picture
from dlcli.figure import BLUE, CYAN, GREEN, PURPLE, RED, YELLOW, plain, save
from dlcli.labels import labels

CELL = 0.62  # of an image in the grid, in inches
GAP = 1  # between images, in pixels
BETWEEN = 0.6  # the grey of the gaps
LETTER = 0.085  # of what stands beside a row, in inches
LONGEST = 24  # letters beside a row
MARGIN = 0.2  # left of the grid, in inches, where nothing stands beside it
# How images of one channel are shown: 0 is black, 1 is white.
SHADES: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
CHANNELS = (BLUE, RED, GREEN, YELLOW, CYAN, PURPLE)  # of a signal


def draw_picture(picture: Picture, title: str, path: Path) -> None:
    """Draw a grid of examples.

    Args:
        picture: with examples ``(rows, columns, *shape)``.
        title: over the figure.
        path: of the PNG.
    """
    figure = Figure(figsize=_size(picture, title), layout="constrained")
    draw_grid(figure.subplots(), picture)
    if title:
        figure.suptitle(title, fontsize=9)
    save(figure, path)


def draw_beside(pictures: Mapping[str, Picture], path: Path) -> None:
    """Draw grids of examples beside each other, each under its name.

    Args:
        pictures: by their names; the first writes beside its rows for all of them.
        path: of the PNG.
    """
    sizes = [_size(picture, name) for name, picture in pictures.items()]
    widths, heights = zip(*sizes, strict=True)
    figure = Figure(figsize=(sum(widths), max(heights) + 0.4), layout="constrained")
    columns = [picture.examples.shape[1] for picture in pictures.values()]
    panels = figure.subplots(1, len(pictures), width_ratios=columns, squeeze=False)[0]
    for panel, (name, picture) in zip(panels, pictures.items(), strict=True):
        draw_grid(panel, picture)
        panel.set_title(name, fontsize=9)
    save(figure, path)


def draw_grid(panel: Axes, picture: Picture) -> None:
    """Draw a grid, with what stands beside its rows and above its columns."""
    examples = picture.examples.detach().cpu().float()
    draw = draw_images if examples.ndim == 5 else draw_lines
    across, down = draw(panel, examples)
    columns, rows = [plain(name) for name in picture.columns], labels(picture.rows, LONGEST)
    panel.set_xticks(across if columns else [], columns, fontsize=8)
    panel.set_yticks(down if rows else [], rows)
    panel.set_anchor("W")  # in the middle of its room it would push what is beside its rows out
    panel.tick_params(length=0, labeltop=True, labelbottom=False)
    panel.spines[:].set_visible(False)


def draw_images(panel: Axes, images: Tensor) -> tuple[list[float], list[float]]:
    """Draw ``(rows, columns, C, H, W)``; return the middles of columns and of rows."""
    rows, columns, channels, height, width = images.shape
    colours = 3 if channels == 3 else 1  # of other numbers of channels the first is shown
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, colours), BETWEEN)
    for row, column in np.ndindex(rows, columns):
        top, left = row * (height + GAP), column * (width + GAP)
        image = images[row, column, :colours].permute(1, 2, 0).numpy()
        sheet[top : top + height, left : left + width] = image
    panel.imshow(sheet.squeeze(2) if colours == 1 else sheet, **SHADES)
    across = [column * (width + GAP) + width / 2 - 0.5 for column in range(columns)]
    return across, [row * (height + GAP) + height / 2 - 0.5 for row in range(rows)]


def draw_lines(panel: Axes, signals: Tensor) -> tuple[list[float], list[float]]:
    """Draw ``(rows, columns, C, T)`` or ``(rows, columns, F)``; return the middles, as above."""
    lines = signals if signals.ndim == 4 else signals.unsqueeze(2)
    rows, columns, channels, length = lines.shape
    across = np.linspace(0.05, 0.95, length) if length > 1 else np.array([0.5])
    for row, column, channel in np.ndindex(rows, columns, channels):
        values = lines[row, column, channel].numpy()
        heights = rows - row - 1 + 0.1 + 0.8 * values
        marker = "." if length == 1 else None
        colour = CHANNELS[channel % len(CHANNELS)]
        panel.plot(column + across, heights, color=colour, linewidth=0.8, marker=marker)
    panel.set(xlim=(0, columns), ylim=(0, rows))
    return [column + 0.5 for column in range(columns)], [rows - row - 0.5 for row in range(rows)]


def _size(picture: Picture, title: str) -> tuple[float, float]:
    """Width and height of a figure with one grid, in inches."""
    rows, columns = picture.examples.shape[:2]
    beside = MARGIN + LETTER * max(map(len, labels(picture.rows, LONGEST)), default=0)
    above = 0.15 + 0.2 * bool(title) + 0.16 * lines_of(picture.columns)
    return max(CELL * columns + beside, 3), CELL * rows + above


def lines_of(names: tuple[str, ...]) -> int:
    """The lines that the longest of some names takes."""
    return max((name.count("\n") + 1 for name in names), default=0)
