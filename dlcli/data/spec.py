"""What a data set tells a model about itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "signal", "tokens", "vector"]
Target = Literal["class", "value", "next_token", "input"]


@dataclass(frozen=True)
class DataSpec:
    """The shape of one example and of what is asked about it.

    Args:
        kind: image ``(C, H, W)``, signal ``(C, T)``, tokens ``(T,)`` or vector ``(F,)``.
        shape: the shape of one example, without the batch dimension.
        target: a class, a value, the next token, or the input itself.
        classes: the class names in the order of their indices, for ``target="class"``.
        vocabulary: the tokens in the order of their indices, for ``kind="tokens"``.
        padding: the index in the vocabulary that fills up a short text; None where every
            example is whole.
        values: how many values are predicted, for ``target="value"``.
        centre: what to add to a net's outputs, after ``scale``, to have values in their own
            unit; one number a value.
        scale: what to multiply a net's outputs by; one number a value.
        low: the smallest number among the prepared inputs of the training split.
        high: the largest.
    """

    kind: Kind
    shape: tuple[int, ...]
    target: Target
    classes: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    padding: int | None = None
    values: int = 1
    centre: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    low: float = 0.0
    high: float = 1.0

    @property
    def features(self) -> int:
        """The number of input values in one example."""
        return math.prod(self.shape)

    @property
    def outputs(self) -> int:
        """The size of a head's output: classes, values, tokens, or the input again."""
        sizes = {
            "class": len(self.classes),
            "value": self.values,
            "next_token": len(self.vocabulary),
            "input": self.features,
        }
        return sizes[self.target]
