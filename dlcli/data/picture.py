"""What a model shows of itself, to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Picture:
    """A grid of examples.

    Args:
        examples: ``(rows, columns, *shape)``, each number within [0, 1]; an example is an image
            ``(C, H, W)``, a signal ``(C, T)`` or a vector ``(F,)``.
        rows: what to write beside each row; nothing where it is empty.
    """

    examples: Tensor
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scatter:
    """Points in the plane.

    Args:
        points: ``(N, 2)``.
        labels: the class of each, ``(N,)``; None where there are none.
        classes: their names.
        axes: what to write along either axis.
    """

    points: Tensor
    labels: Tensor | None
    classes: tuple[str, ...]
    axes: tuple[str, str]
