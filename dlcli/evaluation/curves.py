"""What a classifier pays for finding more of a class: ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlcli.figure import BLUE, DARK, GREEN, GREY, PURPLE, RED, Table, bare, save
from dlcli.labels import label

# As many as can be told apart by colour and dash; of more classes the worst are drawn.
STYLES = ((BLUE, "-"), (RED, "--"), (GREEN, "-."), (PURPLE, ":"))
POINTS = 400  # of a curve, drawn and written
MACRO = "mean of all classes"


@dataclass(frozen=True)
class Curve:
    """One line of a figure.

    Args:
        name: of the class that is told from all others.
        across: along the horizontal axis, ``(P,)``, rising.
        up: along the vertical one, ``(P,)``.
        area: the area under the ROC curve, or the average precision.
        share: of the examples that are of this class.
    """

    name: str
    across: np.ndarray
    up: np.ndarray
    area: float
    share: float


Make = Callable[[str, np.ndarray, np.ndarray], Curve]


def roc(name: str, positive: np.ndarray, scores: np.ndarray) -> Curve:
    """The ROC curve of one class against the rest.

    Args:
        name: of the class.
        positive: whether each example is of it, ``(N,)``.
        scores: the higher the surer, ``(N,)``.
    """
    true, false = found(positive, scores)
    across, up = np.append(0, false / false[-1]), np.append(0, true / true[-1])
    return Curve(name, *thinned(across, up), float(np.trapezoid(up, across)), positive.mean())


def precision_recall(name: str, positive: np.ndarray, scores: np.ndarray) -> Curve:
    """The precision-recall curve of one class against the rest; its area is the average precision.

    Args: those of ``roc``.
    """
    true, false = found(positive, scores)
    # what comes after the last of the class is found is a line straight down
    last = int(np.argmax(true == true[-1])) + 1
    recall, precision = true[:last] / true[-1], true[:last] / (true + false)[:last]
    area = float((np.diff(recall, prepend=0) * precision).sum())
    return Curve(
        name, *thinned(np.append(0, recall), np.append(1, precision)), area, positive.mean()
    )


def found(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many true and false ones are found above each of the different scores, from the top.

    Counted here and not by scikit-learn, whose import takes longer than the rest of many an
    evaluation; the tests compare the two.
    """
    order = np.argsort(-scores, kind="stable")
    last_of_equal = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    true = np.cumsum(positive[order])[last_of_equal]
    return true, last_of_equal + 1 - true


def one_against_the_rest(
    make: Make, scores: np.ndarray, targets: np.ndarray, classes: Sequence[str]
) -> list[Curve]:
    """A curve for each class that occurs and is not the only one; of two classes for the second.

    Args:
        make: of a curve.
        scores: of each class, the higher the surer, ``(N, classes)``.
        targets: the true classes, ``(N,)``.
        classes: their names.
    """
    indices = [1] if len(classes) == 2 else range(len(classes))
    curves = []
    for index in indices:
        positive = targets == index
        if 0 < positive.sum() < len(positive):
            curves.append(make(classes[index], positive, scores[:, index]))
    return curves


def thinned(across: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """About so many points of a curve, at like distances along it and with both ends."""
    if len(across) <= POINTS:
        return across, up
    steps = abs(np.diff(across, prepend=across[0])) + abs(np.diff(up, prepend=up[0]))
    gone = np.cumsum(steps)
    kept = np.unique(np.searchsorted(gone, np.linspace(0, gone[-1], POINTS)))
    kept = np.union1d(kept, [len(across) - 1])
    return across[kept], up[kept]


def draw_roc(curves: Sequence[Curve], path: Path) -> None:
    """Draw ROC curves over the line of a guess."""
    figure, panel = panel_of("false positive rate", "true positive rate (recall)")
    panel.plot([0, 1], [0, 1], color=GREY, linewidth=1, label="guess (0.5)")
    draw(panel, curves, "area under the curve")
    save(figure, path, table(curves, "false_positive_rate", "true_positive_rate"))


def draw_precision_recall(curves: Sequence[Curve], path: Path) -> None:
    """Draw precision-recall curves; of one class alone over the line of a guess."""
    figure, panel = panel_of("recall", "precision")
    if len(curves) == 1:
        share = curves[0].share
        panel.axhline(share, color=GREY, linewidth=1, label=f"guess ({share:.3f})")
    draw(panel, curves, "average precision")
    save(figure, path, table(curves, "recall", "precision"))


def panel_of(across: str, up: str) -> tuple[Figure, Axes]:
    """A figure of shares along both axes."""
    figure = Figure(figsize=(5.4, 4.4), layout="constrained")
    panel = figure.subplots()
    panel.set(xlabel=across, ylabel=up, xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
    bare(panel)
    return figure, panel


def draw(panel: Axes, curves: Sequence[Curve], area: str) -> None:
    """Draw the mean and the worst of several curves, each with its area in the legend."""
    for curve, (colour, dash) in zip(shown(curves), STYLES, strict=False):
        said = f"{label(curve.name, 20)} ({curve.area:.4f})"
        panel.plot(curve.across, curve.up, dash, color=colour, linewidth=1.6, label=said)
    if len(curves) > 1:
        middle = mean(curves)
        said = f"{MACRO} ({middle.area:.4f})"
        panel.plot(middle.across, middle.up, color=DARK, linewidth=2, label=said)
    title = f"{area}; the worst {len(STYLES)} classes" if len(curves) > len(STYLES) else area
    legend = panel.legend(frameon=False, fontsize=9, loc="best", title=title)
    legend.get_title().set_fontsize(9)


def shown(curves: Sequence[Curve]) -> list[Curve]:
    """All of a few curves, of many the worst, in the order of their areas."""
    return sorted(curves, key=lambda curve: curve.area)[: len(STYLES)]


def mean(curves: Sequence[Curve]) -> Curve:
    """The mean of curves at the same places across."""
    across = np.linspace(0, 1, 201)
    up = np.mean([np.interp(across, curve.across, curve.up) for curve in curves], axis=0)
    area = float(np.mean([curve.area for curve in curves]))
    return Curve(MACRO, across, up, area, float("nan"))


def table(curves: Sequence[Curve], across: str, up: str) -> Table:
    """The points of the curves that are drawn."""
    drawn = [*shown(curves), *([mean(curves)] if len(curves) > 1 else [])]
    return {
        "class": [curve.name for curve in drawn for _ in curve.across],
        across: [f"{value:.6g}" for curve in drawn for value in curve.across],
        up: [f"{value:.6g}" for curve in drawn for value in curve.up],
    }
