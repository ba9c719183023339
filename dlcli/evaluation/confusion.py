"""Which classes are taken for each other, as a matrix of counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlcli.figure import Table, save
from dlcli.labels import labels

# With more classes neither a number nor a name has room for itself.
COUNTED, NAMED = 20, 30
WIDE = 5.4  # inches, about 600 pixels
WIDER, LARGE = 1000, 10_000  # counts to write smaller, and in short
UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}


def count(taken: np.ndarray, targets: np.ndarray, classes: int) -> np.ndarray:
    """How often class i was taken for class j.

    Args:
        taken: the class that each example was taken for, ``(N,)``.
        targets: its true class, ``(N,)``.
        classes: how many there are.

    Returns:
        Of shape ``(classes, classes)``, rows the true class.
    """
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (targets, taken), 1)
    return counts


def draw_confusion(counts: np.ndarray, classes: Sequence[str], title: str, path: Path) -> None:
    """Draw a confusion matrix, rows the true class and columns the predicted one.

    Args:
        counts: how often class i was taken for class j, of shape (classes, classes).
        classes: their names.
        title: over the figure.
        path: of the PNG; its CSV has a line for each pair that occurs.
    """
    size = WIDE if len(classes) > COUNTED else max(3.8, min(0.36 * len(classes) + 1.8, 7.0))
    figure = Figure(figsize=(size, size), layout="constrained")
    panel = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    name_axes(panel, classes)
    panel.set(xlabel="predicted class", ylabel="true class")
    panel.set_title(title, fontsize=10)
    if len(classes) <= COUNTED:
        write_counts(panel, counts, shares)
    save(figure, path, pairs(counts, classes))


def name_axes(panel: Axes, classes: Sequence[str]) -> None:
    """Write the classes along both axes; of very many only some."""
    places = range(0, len(classes), -(-len(classes) // NAMED))
    names = labels([classes[place] for place in places])
    panel.set_xticks(places, names, rotation=90 if max(map(len, names)) > 2 else 0)
    panel.set_yticks(places, names)
    panel.tick_params(labelsize=8)


def write_counts(panel: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    """Write each count into its field, where it is not 0; the CSV has all digits of large ones."""
    size = 8 if counts.max() < WIDER else 6.5
    for row, column in np.argwhere(counts > 0):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = brief(int(counts[row, column]))
        panel.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)


def brief(number: int) -> str:
    """A number in at most four characters: of a large one its thousands, millions or billions."""
    if number < LARGE:
        return str(number)
    unit, size = next((u, s) for u, s in UNITS.items() if number < 999.5 * s or u == "G")
    return f"{number / size:.1f}{unit}" if number < 9.95 * size else f"{number / size:.0f}{unit}"


def pairs(counts: np.ndarray, classes: Sequence[str]) -> Table:
    """Each pair of a true and a predicted class that occurs, with its count."""
    found = np.argwhere(counts > 0)
    return {
        "true": [classes[row] for row, _ in found],
        "predicted": [classes[column] for _, column in found],
        "examples": [int(counts[row, column]) for row, column in found],
    }
