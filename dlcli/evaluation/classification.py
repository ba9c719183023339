"""Show which classes a model tells apart, how surely, and what it gets wrong."""

from __future__ import annotations

import json

from dlcli.evaluation import pictures
from dlcli.evaluation.answers import Answers
from dlcli.evaluation.case import Case, Shown
from dlcli.evaluation.confusion import count, per_class
from dlcli.training.checkpoint import write_text
from dlcli.training.figures import confusion_matrix


def show(case: Case) -> Shown:
    """Draw what a classifier gets right and wrong, and the pictures that it offers."""
    drawn = pictures.show(case)
    if case.answers is None:
        return drawn
    files = confusion(case, case.answers)
    return Shown(files=[*files, *drawn.files])


def confusion(case: Case, answers: Answers) -> list[str]:
    """Draw the confusion matrix, and write the figures of each class."""
    classes, split = case.spec.classes, case.split
    taken = answers.outputs.argmax(1)
    counts = count(taken.numpy(), answers.targets.numpy(), len(classes))
    figure, table = f"figures/confusion_{split}.png", f"per_class_{split}.json"
    accuracy = counts.trace() / max(counts.sum(), 1)
    title = f"{split}, accuracy {accuracy:.4f}"
    confusion_matrix(counts, classes, title, case.artifacts / figure)
    write_text(case.artifacts / table, json.dumps(per_class(counts, classes), indent=1))
    return [figure, table]
