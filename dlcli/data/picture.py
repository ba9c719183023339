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
        columns: what to write above each column; nothing where it is empty.
    """

    examples: Tensor
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scatter:
    """Points, to be drawn in the plane.

    Args:
        points: ``(N, D)``, D at least 2; of more numbers the first two principal components are
            drawn.
        labels: the class of each, ``(N,)``; None where there are none.
        classes: their names.
        axes: what to write along either axis where there are two numbers.
    """

    points: Tensor
    labels: Tensor | None
    classes: tuple[str, ...]
    axes: tuple[str, str]
