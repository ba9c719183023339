"""Grids of examples have room for what stands beside them."""

from __future__ import annotations

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dlcli.data.picture import Picture
from dlcli.training.drawing import _size, draw_grid


def test_names_of_rows_are_within_the_figure():
    names = tuple(f"a class whose name is longer than anybody wishes, {n}" for n in range(5))
    picture = Picture(torch.rand(5, 10, 1, 8, 8), names)
    figure = Figure(figsize=_size(picture, ""), layout="constrained")
    FigureCanvasAgg(figure)
    draw_grid(panel := figure.subplots(), picture)
    figure.draw_without_rendering()
    written = panel.get_yticklabels()
    assert min(label.get_window_extent().x0 for label in written) >= 0
    assert len({label.get_text() for label in written}) == 5
