"""Counts of classes taken for each other, and what follows from them for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


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
