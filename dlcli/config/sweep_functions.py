"""The functions of Hydra's sweep grammar that take more, or less, than Hydra's own."""

# Hydra checks what it calls by these annotations, so they are classes here, no texts.

from collections.abc import Callable
from typing import Any


def choice(*values: Any) -> Any:
    """Return a choice, of null too; Hydra's refuses it."""
    from hydra.core.override_parser.types import ChoiceSweep, Glob, Sweep

    if not values:
        raise ValueError("a choice of nothing")
    if any(isinstance(value, (Sweep, Glob)) for value in values):
        raise ValueError("a sweep in another one")
    return ChoiceSweep(list=list(values))


def interval(low: Any, high: Any) -> Any:
    """Return an interval between two numbers."""
    from hydra.core.override_parser.types import IntervalSweep

    return IntervalSweep(start=_number(low), end=_number(high))


def integer(*values: Any, value: Any = None) -> Any:
    """Return whole numbers; Hydra's cuts the ends of an interval off."""
    from hydra._internal.grammar.grammar_functions import cast_int
    from hydra.core.override_parser.types import IntervalSweep

    given = values[0] if len(values) == 1 else value
    if isinstance(given, IntervalSweep):
        ends = (given.start, given.end)
        if not all(end is not None and float(end).is_integer() for end in ends):
            raise ValueError(f"{ends[0]:g} and {ends[1]:g} are not both whole numbers")
    return cast_int(*values, value=value)


def ordered(*values: Any, reverse: bool = False) -> Any:
    """Return values in their order; a range has its own, which Hydra would move."""
    from hydra._internal.grammar.grammar_functions import sort
    from hydra.core.override_parser.types import RangeSweep

    if len(values) == 1 and isinstance(values[0], RangeSweep):
        return values[0]
    return sort(*values, reverse=reverse)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is no number")
    return float(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "choice": choice,
    "interval": interval,
    "int": integer,
    "sort": ordered,
}
