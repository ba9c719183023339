"""Where the values of a searched parameter, or of an objective, lie on an axis."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlcli.config.space import Choice, Domain, Space, Steps, Value
from dlcli.labels import LONGEST, labels, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE_RATIO = 30.0  # values that differ by more are shown by their logarithm
MOST_TICKS = 8  # of numbers that are each written at an axis


@dataclass(frozen=True)
class Scale:
    """A scale from 0 to 1.

    Args:
        key: what is shown on it.
        low, high: its ends; of options the first and the last index.
        log: by the logarithm.
        options: the values in words, where they have no order.
        whole: whether there are only whole numbers.
    """

    key: str
    low: float
    high: float
    log: bool = False
    options: tuple[str, ...] = ()
    whole: bool = False

    def number(self, value: Value) -> float:
        """A value as a number: itself, or the index of an option."""
        if self.options:
            text = shown(value)
            return float(self.options.index(text)) if text in self.options else float("nan")
        return float(value)  # type: ignore[arg-type]

    def place(self, value: Value) -> float:
        """Where a value lies between 0 and 1."""
        number = self.number(value)
        if self.low == self.high:
            return 0.5
        if self.log:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def ticks(self, longest: int = LONGEST) -> list[tuple[float, str]]:
        """Places with what is written there, no two alike.

        Args:
            longest: characters of an option.
        """
        if self.options:
            texts = labels(self.options, longest)
            return [(self.place_of(i), text) for i, text in enumerate(texts)]
        if self.low == self.high:
            return [(0.5, f"{self.low:.4g}")]
        inner = [value for value in self._round_numbers() if 0.12 < self.place(value) < 0.88]
        values = [self.low, *inner, self.high]
        return list(zip(map(self.place, values), rounded(values), strict=True))

    def place_of(self, index: int) -> float:
        """Where an option lies between 0 and 1."""
        return index / (len(self.options) - 1) if len(self.options) > 1 else 0.5

    def _round_numbers(self) -> list[float]:
        from matplotlib.ticker import LogLocator, MaxNLocator

        if self.log and self.high / self.low >= 10:
            found = LogLocator(numticks=6).tick_values(self.low, self.high)
        else:
            found = MaxNLocator(4, integer=self.whole).tick_values(self.low, self.high)
        return [float(value) for value in found if self.low < value < self.high]

    def apply(self, panel: Axes) -> None:
        """Make it the horizontal axis of a panel."""
        panel.set_xlabel(self.key)
        if self.options:
            texts = labels(self.options)
            steep = sum(map(len, texts)) > 28
            panel.set_xticks(
                range(len(texts)),
                texts,
                rotation=35 if steep else 0,
                ha="right" if steep else "center",
                rotation_mode="anchor",
            )
            panel.set_xlim(-0.5, len(texts) - 0.5)
            return
        if self.low == self.high:
            return
        if self.whole:
            from matplotlib.ticker import MaxNLocator

            panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        if self.log:
            panel.set_xscale("log")
            margin = (self.high / self.low) ** 0.04
            panel.set_xlim(self.low / margin, self.high * margin)
        else:
            margin = (self.high - self.low) * 0.04
            panel.set_xlim(self.low - margin, self.high + margin)


def scales(space: Space) -> list[Scale]:
    """A scale for each key that is searched; one of several domains covers them all."""
    domains: dict[str, list[Domain]] = {}
    for parameter in space.parameters:
        domains.setdefault(parameter.key, []).append(parameter.domain)
    return [_scale(key, several) for key, several in domains.items()]


def _scale(key: str, domains: Sequence[Domain]) -> Scale:
    ranges = [one for one in domains if not isinstance(one, Choice)]
    values = [value for one in domains if isinstance(one, Choice) for value in one.values]
    ends = [float(end) for one in ranges for end in (one.low, one.high)]
    if values and not (_numbers(values) and (ranges or len(values) > MOST_TICKS)):
        values = sorted(values) if _numbers(values) else values  # type: ignore[type-var]
        texts = [shown(value) for value in values] + [f"{end:g}" for end in ends]
        texts = list(dict.fromkeys(texts))
        return Scale(key, 0, len(texts) - 1, options=tuple(texts))
    ends += [float(value) for value in values]  # type: ignore[arg-type]
    log = all(one.log for one in ranges) if ranges else wide(ends)
    whole = all(isinstance(one, Steps) and isinstance(one.at(1), int) for one in ranges)
    whole = whole and all(isinstance(value, int) for value in values)
    return Scale(key, min(ends), max(ends), log and min(ends) > 0, whole=whole)


def _numbers(values: Sequence[Value]) -> bool:
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)


def wide(values: Sequence[float]) -> bool:
    """Whether numbers are of such different sizes that they are better seen by the logarithm."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > WIDE_RATIO


def shown(value: Any) -> str:
    """A value as it is written."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def rounded(values: Sequence[float]) -> list[str]:
    """Different numbers with four digits, or as many more as tell them apart."""
    for digits in range(4, 17):
        texts = [f"{value:.{digits}g}" for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(value) for value in values]


def wrapped(name: str, longest: int = 18) -> str:
    """A name in lines, broken after a dot, slash or underscore where it can be."""
    lines = [""]
    for part in _parts(name):
        if lines[-1] and len(lines[-1]) + len(part) > longest:
            lines.append("")
        lines[-1] += part
    return "\n".join(shortened(line, longest + 6) for line in lines)


def _parts(name: str) -> list[str]:
    parts = [""]
    for letter in name:
        parts[-1] += letter
        if letter in "./_":
            parts.append("")
    return parts
