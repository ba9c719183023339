"""Labels in a file, and the names of the classes that they stand for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal


def number(text: str) -> float | None:
    """The finite number that a text is, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def class_name(label: str) -> str:
    """A label as a name: a whole number without fraction or exponent, however it is written."""
    label = label.strip()
    value = number(label)
    return f"{Decimal(label):.0f}" if value is not None and value.is_integer() else label


def in_order(names: Iterable[str]) -> list[str]:
    """Class names once each: numbers by value, then texts by letter."""

    def key(name: str) -> tuple[bool, float, str]:
        value = number(name)
        return value is None, value or 0.0, name

    return sorted(set(names), key=key)
