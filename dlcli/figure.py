"""What all figures have in common: colours that everybody can tell apart, and how to save them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Paul Tol, "Colour schemes" (SRON, 2021): bright.
BLUE, RED, GREEN, YELLOW, GREY = "#4477aa", "#ee6677", "#228833", "#ccbb44", "#bbbbbb"
CYAN, PURPLE = "#66ccee", "#aa3377"
DARK = "#333333"
DPI = 110

Table = Mapping[str, Sequence[Any]]  # the columns of a table, all as long


def bare(panel: Axes) -> None:
    """Leave out the lines above and to the right of a panel."""
    panel.spines[["top", "right"]].set_visible(False)


def save(figure: Figure, path: Path, numbers: Table | None = None) -> None:
    """Write a figure as PNG, as a whole and without the global state of pyplot.

    Args:
        figure: to be written.
        path: of the PNG.
        numbers: what it shows, written beside it as CSV of the same name.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure)
    with replacing(path) as scratch:
        figure.savefig(scratch, dpi=DPI, format="png")
    if numbers is not None:
        save_table(numbers, path.with_suffix(".csv"))


def save_table(columns: Table, path: Path) -> None:
    """Write columns as CSV, as a whole."""
    with replacing(path) as scratch, scratch.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write in the place of another, which it replaces as a whole once it is written."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def plain(name: str) -> str:
    """A name as it is: a dollar sign begins no formula, and a dash below hides it in no legend."""
    text = name.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
