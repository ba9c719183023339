"""Show which classes a model tells apart, how surely, and what it gets wrong."""

from __future__ import annotations

import numpy as np

from dlcli.evaluation import mistakes
from dlcli.evaluation.answers import Answers
from dlcli.evaluation.calibration import calibration, draw_calibration
from dlcli.evaluation.case import Case, Listing, Shown
from dlcli.evaluation.confusion import count, draw_confusion
from dlcli.evaluation.curves import (
    Curve,
    draw_precision_recall,
    draw_roc,
    one_against_the_rest,
    precision_recall,
    roc,
)
from dlcli.evaluation.per_class import per_class
from dlcli.figure import save_table

PRINTED = 20  # classes, of which each has a line in the terminal


def show(case: Case, answers: Answers) -> Shown:
    """Draw what a classifier gets right and wrong."""
    probabilities, targets = answers.probabilities(), answers.targets.numpy()
    return (
        confusion(case, probabilities, targets)
        + curves(case, answers.log_odds(), targets)
        + calibrated(case, probabilities, targets)
        + mistakes.show(case, mistakes.mistakes(probabilities, targets))
    )


def confusion(case: Case, probabilities: np.ndarray, targets: np.ndarray) -> Shown:
    """The confusion matrix, and a table of the classes."""
    classes, split = case.spec.classes, case.split
    counts = count(probabilities.argmax(axis=1), targets, len(classes))
    figure, table = f"figures/confusion_{split}.png", f"figures/per_class_{split}.csv"
    accuracy = counts.trace() / max(counts.sum(), 1)
    title = f"{split}: {counts.sum():,} examples, accuracy {accuracy:.4f}"
    draw_confusion(counts, classes, title, case.artifacts / figure)
    columns = per_class(counts, classes)
    save_table(columns, case.artifacts / table)
    files = [figure, figure.replace(".png", ".csv"), table]
    if len(classes) > PRINTED:
        return Shown(files=files)
    rows = [[cell(value) for value in row] for row in zip(*columns.values(), strict=True)]
    return Shown(files=files, listings=[Listing("each class", list(columns), rows)])


def cell(value: str | float | None) -> str:
    """A value in the table of classes, as a person reads it."""
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def curves(case: Case, scores: np.ndarray, targets: np.ndarray) -> Shown:
    """The ROC and the precision-recall curves; nothing where all examples are of one class."""
    files: list[str] = []
    for name, make, draw in (
        ("roc", roc, draw_roc),
        ("precision_recall", precision_recall, draw_precision_recall),
    ):
        found: list[Curve] = one_against_the_rest(make, scores, targets, case.spec.classes)
        if found:
            path = case.artifacts / "figures" / f"{name}_{case.split}.png"
            draw(found, path)
            files += [f"figures/{path.name}", f"figures/{path.stem}.csv"]
    return Shown(files=files)


def calibrated(case: Case, probabilities: np.ndarray, targets: np.ndarray) -> Shown:
    """The reliability diagram."""
    found = calibration(probabilities, targets)
    path = case.artifacts / "figures" / f"calibration_{case.split}.png"
    draw_calibration(found, path)
    files = [f"figures/{path.name}", f"figures/{path.stem}.csv"]
    return Shown(files=files)
