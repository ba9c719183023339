"""The mistakes that a classifier was surest of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dlcli.data.spec import DataSpec
from dlcli.evaluation.case import Case, Listing, Shown
from dlcli.evaluation.inputs import raw_inputs, text_of
from dlcli.figure import BLUE, DARK, GREEN, PURPLE, RED, YELLOW, save, save_table
from dlcli.labels import label, shortened

WRITTEN = 500  # as rows of the CSV
ROWS, COLUMNS = 4, 5  # of the picture
PRINTED = 5
PRINTABLE = ("index", "true", "predicted", "confidence", "text")
WIDEST = 70  # characters of a printed text
ROW, TITLE = 1.56, 0.5  # inches of a row, and of the lines over an example
GAP = TITLE / (ROW - TITLE)
FEATURES = 50  # of a vector, in the CSV
LINES = (BLUE, RED, GREEN, PURPLE, YELLOW, DARK)


@dataclass(frozen=True)
class Mistakes:
    """Examples taken for another class, the surest first.

    Args:
        index: of each in the split, ``(M,)``.
        true: its class.
        predicted: the class that it was taken for.
        confidence: the probability of that class.
    """

    index: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray


def mistakes(probabilities: np.ndarray, targets: np.ndarray) -> Mistakes:
    """The mistakes among probabilities ``(N, classes)`` of examples of true classes ``(N,)``."""
    taken, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(taken != targets)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")][:WRITTEN]
    return Mistakes(order, targets[order], taken[order], confidence[order])


def show(case: Case, found: Mistakes) -> Shown:
    """Draw images and signals; list texts and vectors; write all as CSV."""
    if not len(found.index):
        return Shown()
    inputs = raw_inputs(case, found.index.tolist())
    path = case.artifacts / "figures" / f"mistakes_{case.split}.png"
    columns = table(found, inputs, case.spec)
    names = [f"figures/{path.with_suffix('.csv').name}"]
    if case.spec.kind in ("image", "signal"):
        draw_mistakes(found, inputs, case.spec, path)
        save_table(columns, path.with_suffix(".csv"))
        return Shown(files=[f"figures/{path.name}", *names])
    path.parent.mkdir(parents=True, exist_ok=True)
    save_table(columns, path.with_suffix(".csv"))
    return Shown(files=names, listings=[listing(columns)])


def table(found: Mistakes, inputs: Tensor, spec: DataSpec) -> dict[str, list[Any]]:
    """A row for each mistake, with the text or the features where it has such."""
    columns: dict[str, list[Any]] = {
        "index": found.index.tolist(),
        "true": [spec.classes[place] for place in found.true],
        "predicted": [spec.classes[place] for place in found.predicted],
        "confidence": [f"{value:.6f}" for value in found.confidence],
    }
    if spec.kind == "tokens":
        columns["text"] = [text_of(tokens, spec) for tokens in inputs]
    if spec.kind == "vector":
        shown = inputs[:, :FEATURES]
        columns |= {f"x{place + 1}": shown[:, place].tolist() for place in range(shown.shape[1])}
    return columns


def listing(columns: dict[str, list[Any]]) -> Listing:
    """The first mistakes, for the terminal."""
    names = [
        name for name in ("index", "true", "predicted", "confidence", "text") if name in columns
    ]
    rows = [[str(columns[name][row]) for name in names] for row in range(len(columns["index"]))]
    cut = [[shortened(cell.replace("\n", " "), WIDEST) for cell in row] for row in rows[:PRINTED]]
    return Listing("most confident mistakes", names, cut)


def draw_mistakes(found: Mistakes, inputs: Tensor, spec: DataSpec, path: Path) -> None:
    """Draw a grid of examples, each with its true class, the one taken, and its probability.

    Args:
        found: the mistakes.
        inputs: images ``(M, C, H, W)`` within [0, 1], or signals ``(M, C, T)``.
        spec: with the classes.
        path: of the PNG.
    """
    count = min(len(found.index), ROWS * COLUMNS)
    rows = -(-count // COLUMNS)
    height = ROW * rows
    # laid out here: to find out how large all titles are takes longer than to draw them
    room = {"left": 0.01, "right": 0.99, "bottom": 0.02 / rows, "top": 1 - TITLE / height}
    figure = Figure(figsize=(5.5, height))
    panels = figure.subplots(
        rows, COLUMNS, squeeze=False, gridspec_kw={**room, "wspace": 0.08, "hspace": GAP}
    ).flatten()
    limits = (float(inputs[:count].min()), float(inputs[:count].max()))
    for panel in panels:
        panel.set_axis_off()
    for place in range(count):
        draw_example(panels[place], inputs[place], limits)
        true, taken = (
            label(spec.classes[names[place]], 13) for names in (found.true, found.predicted)
        )
        text = f"{true}\ntaken for {taken}\n{found.confidence[place]:.1%} sure"
        panels[place].set_title(text, fontsize=7.2, linespacing=1.1)
    save(figure, path)


def draw_example(panel: Axes, example: Tensor, limits: Sequence[float]) -> None:
    """Draw one image, or the lines of one signal within limits that all share."""
    if example.ndim == 2:
        for channel, values in enumerate(example.numpy()):
            panel.plot(values, color=LINES[channel % len(LINES)], linewidth=1)
        panel.set_ylim(*limits)
        return
    image = example[:3] if len(example) >= 3 else example[:1]
    shown = image.permute(1, 2, 0).squeeze(-1) if len(image) == 1 else image.permute(1, 2, 0)
    panel.imshow(torch.clamp(shown, 0, 1).numpy(), cmap="gray", vmin=0, vmax=1)
