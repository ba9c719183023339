"""What all figures have in common: colours that everybody can tell apart, and how to save them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Paul Tol, "Colour schemes" (SRON, 2021): bright.
BLUE, RED, GREEN, YELLOW, GREY = "#4477aa", "#ee6677", "#228833", "#ccbb44", "#bbbbbb"
DARK = "#333333"
DPI = 110


def bare(panel: Axes) -> None:
    """Leave out the lines above and to the right of a panel."""
    panel.spines[["top", "right"]].set_visible(False)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, as a whole and without the global state of pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    figure.savefig(scratch, dpi=DPI, format="png")
    scratch.replace(path)
