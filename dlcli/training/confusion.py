"""Counts of classes taken for each other, and what follows from them for each class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def count(outputs: Iterable[Any], classes: int) -> np.ndarray | None:
    """How often class i was taken for class j.

    Args:
        outputs: for each batch the logits ``(B, classes)`` and the targets ``(B,)``.
        classes: how many there are.

    Returns:
        Of shape ``(classes, classes)``, rows the true class; None where the outputs are others.
    """
    counts = np.zeros((classes, classes), dtype=np.int64)
    for output in outputs:
        if not isinstance(output, (tuple, list)) or len(output) != 2:
            return None
        logits, targets = output
        if logits.ndim != 2 or logits.shape[1] != classes:
            return None
        np.add.at(counts, (targets.cpu().numpy(), logits.argmax(dim=1).cpu().numpy()), 1)
    return counts


def per_class(counts: np.ndarray, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Precision, recall, F1 and the number of examples of each class; 0 where there are none."""
    right = counts.diagonal()
    support, taken = counts.sum(axis=1), counts.sum(axis=0)
    precision = right / np.maximum(taken, 1)
    recall = right / np.maximum(support, 1)
    f1 = 2 * right / np.maximum(taken + support, 1)
    return [
        {
            "class": name,
            "precision": round(float(precision[i]), 6),
            "recall": round(float(recall[i]), 6),
            "f1": round(float(f1[i]), 6),
            "examples": int(support[i]),
        }
        for i, name in enumerate(classes)
    ]
