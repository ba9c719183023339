"""The values that a sweep in Hydra's grammar stands for: choice, interval, range and their tags."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from dlcli.config.point import Unwritable, value_text
from dlcli.config.space import Choice, Domain, Interval, Steps, Value
from dlcli.config.suggest import did_you_mean, listing, nearest

TAGS = ("log",)


class Unfit(Exception):
    """A sweep that stands for no values; the text says why, and what to write."""


def domain_of(sweep: Any, options: Sequence[str] | None = None) -> Domain:
    """Return the values of a sweep, as Hydra's parser returns it.

    Args:
        sweep: of the parser.
        options: of the group that is searched; None where it is no group.

    Raises:
        Unfit: it stands for none.
    """
    from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, RangeSweep

    if isinstance(sweep, Glob):
        return _glob(sweep, options)
    if getattr(sweep, "shuffle", False):
        raise Unfit("shuffle changes nothing, as the search picks the order; leave it out")
    log = _is_log(sweep.tags)
    if isinstance(sweep, ChoiceSweep):
        if log:
            raise Unfit("log is of intervals; write tag(log, interval(LOW, HIGH))")
        return _choice(sweep.list)
    if options is not None:
        raise Unfit(f"a group has options, no range; write choice({', '.join(options[:2])})")
    if isinstance(sweep, RangeSweep):
        return _range(sweep.start, sweep.stop, sweep.step, log)
    assert isinstance(sweep, IntervalSweep)
    return _interval(sweep.start, sweep.end, log)


def _is_log(tags: set[str]) -> bool:
    for tag in sorted(tags):
        if tag not in TAGS:
            raise Unfit(
                f"unknown tag {tag}{did_you_mean(nearest(tag, TAGS))}; "
                "write tag(log, interval(LOW, HIGH)), or no tag"
            )
    return bool(tags)


def _glob(glob: Any, options: Sequence[str] | None) -> Choice:
    if options is None:
        raise Unfit("glob picks options of a group, and this is none; write choice(A, B)")
    found = glob.filter(list(options))
    if not found:
        raise Unfit(f"no option is like that; options: {listing(options)}")
    return Choice(tuple(found))


def _choice(elements: Sequence[Any]) -> Choice:
    from hydra.core.override_parser.types import Override

    values: list[Value] = [Override._convert_value(element) for element in elements]
    seen: set[str] = set()
    for value in values:
        if problem := next(_problems(value), None):
            raise Unfit(problem)
        if (text := _canonical(value)) in seen:
            raise Unfit(f"{value_text(value)} stands there twice; keep one of them")
        seen.add(text)
    return Choice(tuple(values))


def _problems(value: Any) -> Iterator[str]:
    from hydra.core.override_parser.types import Glob, Sweep

    if isinstance(value, (Glob, Sweep)):
        yield "a sweep in another one; write all values in one choice(A, B, C)"
    elif isinstance(value, list):
        for item in value:
            yield from _problems(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _problems(item)
        yield from _unwritable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{value} is no number to train with; leave it out"


def _unwritable(value: dict[Any, Any]) -> Iterator[str]:
    try:
        value_text(value)
    except Unwritable as error:
        yield str(error)


def _canonical(value: Value) -> str:
    """Return the same text for the same value, also of 1 and 1.0 but not of 1 and true."""

    def plain(item: Any) -> Any:
        if isinstance(item, float) and item.is_integer():
            return int(item)
        if isinstance(item, list):
            return [plain(part) for part in item]
        if isinstance(item, dict):
            return {name: plain(part) for name, part in item.items()}
        return item

    return json.dumps(plain(value), sort_keys=True)


def _interval(low: float, high: float, log: bool) -> Interval | Steps:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise Unfit(f"an interval has two ends; got {low:g} and {high:g}")
    if low == high:
        raise Unfit(f"both ends are {low:g}; write choice({low:g}), or two different ends")
    if low > high:
        raise Unfit(f"the ends are the wrong way round; write interval({high:g}, {low:g})")
    _check_log(low, log)
    if isinstance(low, int) and isinstance(high, int):
        return Steps(low, high, log=log)
    return Interval(low, high, log)


def _range(start: float, stop: float, step: float, log: bool) -> Steps:
    if not all(math.isfinite(number) for number in (start, stop, step)):
        raise Unfit("a range has a first number, a last one and a step; nan and inf are none")
    if step == 0:
        raise Unfit("a step of 0 never arrives; write range(FIRST, LAST, STEP)")
    if (stop - start) * step < 0:
        low, high = sorted((start, stop))
        raise Unfit(
            f"there is nothing from {start:g} to {stop:g} in steps of {step:g}; "
            f"write range({low:g}, {high:g}, {abs(step):g})"
        )
    whole = isinstance(start, int) and isinstance(step, int)
    first, size = (start, abs(step)) if whole else (float(start), float(abs(step)))
    last = _last(first, stop, size if step > 0 else -size)
    low, high = sorted((first, last))
    _check_log(low, log)
    if log and size != 1:
        raise Unfit(f"log goes with steps of 1 alone; got {size:g}; leave the step or log out")
    return Steps(low, high, size, log)


def _last(first: float, stop: float, step: float) -> int | float:
    """Return the number nearest to the stop that steps lead to."""
    steps = Steps(first, stop, step)
    return steps.at(steps.count - 1)


def _check_log(low: float, log: bool) -> None:
    if log and low <= 0:
        raise Unfit(f"by the logarithm the low end must be above 0; got {low:g}; leave log out")
