"""How well each class is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

DIGITS = 6


def per_class(counts: np.ndarray, classes: Sequence[str]) -> dict[str, list[Any]]:
    """Precision, recall, F1 and the number of examples of each class.

    Args:
        counts: how often class i was taken for class j, of shape (classes, classes).
        classes: their names.

    Returns:
        The columns of a table. Precision is None for a class that nothing was taken for, recall
        for one that has no example, F1 where both are.
    """
    right = counts.diagonal()
    support, taken = counts.sum(axis=1), counts.sum(axis=0)
    return {
        "class": list(classes),
        "precision": shares(right, taken),
        "recall": shares(right, support),
        "f1": shares(2 * right, taken + support),
        "examples": [int(number) for number in support],
    }


def shares(part: np.ndarray, whole: np.ndarray) -> list[float | None]:
    """``part / whole``, None where there is nothing to divide by."""
    return [round(float(p / w), DIGITS) if w else None for p, w in zip(part, whole, strict=True)]
