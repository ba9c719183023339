"""Whether a classifier is right as often as it is sure (Guo et al. 2017)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlcli.evaluation.answers import Answers
from dlcli.figure import BLUE, DARK, GREY, Table, bare, save

BINS = 15  # of equal width, as in section 2 of the paper
FEW = 10  # examples, whose accuracy says little
EDGES = np.arange(BINS) / BINS
BAR: dict[str, Any] = {"width": 1 / BINS, "align": "edge", "edgecolor": "white"}
PALE = "#b5cbe0"


@dataclass(frozen=True)
class Calibration:
    """Examples by the probability of the class that each was taken for; one row a bin.

    Args:
        examples: how many there are, ``(BINS,)``.
        confidence: the mean of that probability, ``(BINS,)``; NaN where there are none.
        accuracy: the share that is right, ``(BINS,)``; likewise.
    """

    examples: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: the mean of their differences over the examples."""
        gaps = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float((gaps * self.examples).sum() / self.examples.sum())


def calibration(probabilities: np.ndarray, targets: np.ndarray) -> Calibration:
    """Sort examples into bins ``((m - 1) / BINS, m / BINS]`` of confidence.

    Args:
        probabilities: ``(N, classes)``.
        targets: the true classes, ``(N,)``.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    examples = np.bincount(places, minlength=BINS)
    with np.errstate(invalid="ignore"):
        return Calibration(
            examples,
            np.bincount(places, confidence, BINS) / examples,
            np.bincount(places, right, BINS) / examples,
        )


def expected_error(answers: Answers) -> float:
    """The expected calibration error of answers to the question of a class; NaN for no numbers."""
    if not answers.finite:
        return math.nan
    return calibration(answers.probabilities(), answers.targets.numpy()).error


def draw_calibration(found: Calibration, path: Path) -> None:
    """Draw a reliability diagram over the histogram of confidence."""
    figure = Figure(figsize=(5.4, 5.2), layout="constrained")
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    draw_accuracy(upper, found)
    upper.plot([0, 1], [0, 1], "--", color=DARK, linewidth=1, label="as often right as sure")
    upper.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    upper.set_title(f"expected calibration error {found.error:.4f}", fontsize=10)
    lower.bar(EDGES, found.examples / found.examples.sum(), color=GREY, **BAR)
    lower.set(xlabel="confidence (probability of the predicted class)", ylabel="examples, share")
    for panel in (upper, lower):
        bare(panel)
    handles, labels = upper.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2, frameon=False, fontsize=9)
    save(figure, path, table(found))


def draw_accuracy(panel: Axes, found: Calibration) -> None:
    """Draw a bar for the accuracy in each bin, and a point at its mean confidence."""
    few = found.examples < FEW
    heights = np.nan_to_num(found.accuracy)
    panel.bar(EDGES[~few], heights[~few], color=BLUE, label="accuracy in the bin", **BAR)
    if (few & (found.examples > 0)).any():
        label = f"accuracy of fewer than {FEW} examples"
        panel.bar(EDGES[few], heights[few], color=PALE, label=label, **BAR)
    panel.plot(
        found.confidence, found.accuracy, "o", color=DARK, markersize=4, label="mean confidence"
    )


def table(found: Calibration) -> Table:
    """A row for each bin."""
    edges = np.arange(BINS + 1) / BINS
    return {
        "low": [f"{edge:.4f}" for edge in edges[:-1]],
        "high": [f"{edge:.4f}" for edge in edges[1:]],
        "examples": found.examples.tolist(),
        "confidence": written(found.confidence),
        "accuracy": written(found.accuracy),
    }


def written(values: np.ndarray) -> list[str]:
    """Numbers as texts, empty where there is none."""
    return ["" if np.isnan(value) else f"{value:.6f}" for value in values]
