"""The space that a sweep searches: what is searched, over which values, and where it exists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from dlcli.config.point import value_text
from dlcli.errors import ConfigError

# Plain JSON.
Value = None | bool | int | float | str | list[Any] | dict[str, Any]
Point = dict[str, Value]

# More than anybody trains; it is reached by a step that is too small.
MAX_GRID = 100_000


@dataclass(frozen=True)
class Choice:
    """Values without an order, each once."""

    values: tuple[Value, ...]

    def __str__(self) -> str:
        """Return it as it is listed."""
        return ", ".join(map(value_text, self.values))


@dataclass(frozen=True)
class Interval:
    """Every number from ``low`` to ``high``, both included; ``log`` is by its logarithm."""

    low: float
    high: float
    log: bool = False

    def __str__(self) -> str:
        """Return it as it is listed."""
        return f"{self.low:g} to {self.high:g}{', by the logarithm' if self.log else ''}"


@dataclass(frozen=True)
class Steps:
    """The numbers ``low``, ``low + step``, … up to ``high``, which is one of them.

    They are whole where ``low`` and ``step`` are; ``log`` is by their logarithm, with step 1.
    """

    low: int | float
    high: int | float
    step: int | float = 1
    log: bool = False

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return int((_exact(self.high) - _exact(self.low)) / _exact(self.step)) + 1

    def at(self, index: int) -> int | float:
        """Return the number at an index from 0, as it is written: 0.3, not 0.30000000000000004."""
        number = _exact(self.low) + index * _exact(self.step)
        whole = isinstance(self.low, int) and isinstance(self.step, int)
        return int(number) if whole else float(number)

    def __str__(self) -> str:
        """Return it as it is listed."""
        step = "" if self.step == 1 else f" in steps of {self.step:g}"
        return f"{self.low:g} to {self.high:g}{step}{', by the logarithm' if self.log else ''}"


Domain = Choice | Interval | Steps
_DOMAINS: dict[str, Callable[..., Domain]] = {
    "choice": lambda values: Choice(tuple(values)),
    "interval": Interval,
    "steps": Steps,
}


@dataclass(frozen=True)
class Parameter:
    """One thing that is searched.

    Args:
        key: a dotted key, or a group (``model``).
        domain: its values.
        group: its values are options of a configuration group.
        under: it exists only where each of these groups has one of these options.
        variant: tells it from others of the same key, which exist elsewhere.
    """

    key: str
    domain: Domain
    group: bool = False
    under: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    variant: str = ""

    @property
    def name(self) -> str:
        """What no other parameter of the space is called."""
        return f"{self.key}@{self.variant}" if self.variant else self.key

    def exists(self, point: Mapping[str, Value]) -> bool:
        """Tell whether it exists beside the groups of a point."""
        return all(group in point and point[group] in options for group, options in self.under)


@dataclass(frozen=True)
class Space:
    """Everything that is searched; a group comes before what exists only under it."""

    parameters: tuple[Parameter, ...]

    def walk(self, choose: Callable[[Parameter], Value]) -> Point:
        """Return a point: the value that ``choose`` gives for each parameter that exists there."""
        point: Point = {}
        for parameter in self.parameters:
            if parameter.exists(point):
                point[parameter.key] = choose(parameter)
        return point

    def grid(self) -> list[Point]:
        """Return every point once, the first parameter changing last.

        Raises:
            ConfigError: a parameter has no end of values, or there are more points than anybody
                can train.
        """
        endless = [p for p in self.parameters if isinstance(p.domain, Interval)]
        if endless:
            raise ConfigError([_endless(parameter) for parameter in endless])
        points = self._product(_values, MAX_GRID)
        if points is None:
            raise ConfigError(
                f"search=grid: more than {MAX_GRID:,} points; give fewer values, or write "
                "search=random search.n_trials=N"
            )
        return points

    def count(self, limit: int) -> int | None:
        """Return how many points there are; None for more than a limit, or no end of them."""
        if any(isinstance(parameter.domain, Interval) for parameter in self.parameters):
            return None
        points = self._product(_values, limit)
        return None if points is None else len(points)

    def corners(self) -> list[Point]:
        """Return the points that show whether a space can be trained: its extremes.

        Every value of a choice and both ends of every range, in all combinations while they are
        few, else in so many that every two values meet, as far as ``covering.MAX_POINTS`` goes.
        """
        from dlcli.config.covering import MAX_PRODUCT, covering

        product = self._product(extremes, MAX_PRODUCT)
        return covering(self) if product is None else product

    def _product(
        self, values: Callable[[Domain], Sequence[Value]], limit: int
    ) -> list[Point] | None:
        """Return all combinations of the values, None where they are more than the limit."""
        points: list[Point] = [{}]
        for parameter in self.parameters:
            choices = values(parameter.domain)
            points = list(_extended(points, parameter, choices, limit + 1))
            if len(points) > limit:
                return None
        return points

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"parameters": [_as_dict(parameter) for parameter in self.parameters]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Space:
        """Return the space that ``as_dict`` was of."""
        return cls(tuple(_from_dict(item) for item in content["parameters"]))


def extremes(domain: Domain) -> list[Value]:
    """Return every value of a choice, and both ends of a range."""
    if isinstance(domain, Choice):
        return list(domain.values)
    return [domain.low] if domain.low == domain.high else [domain.low, domain.high]


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are the same; unlike Python, 1 is not true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _extended(
    points: Sequence[Point], parameter: Parameter, values: Sequence[Value], limit: int
) -> Iterator[Point]:
    for count, point in enumerate(points):
        if count > limit:
            return
        if parameter.exists(point):
            for value in values[: limit + 1]:
                yield {**point, parameter.key: value}
        else:
            yield point


def _values(domain: Domain) -> Sequence[Value]:
    if isinstance(domain, Steps):
        return [domain.at(index) for index in range(min(domain.count, MAX_GRID + 1))]
    assert isinstance(domain, Choice)
    return domain.values


def _endless(parameter: Parameter) -> str:
    domain = parameter.domain
    assert isinstance(domain, Interval)
    values = ", ".join(f"{value:.3g}" for value in _five(domain))
    return (
        f"search=grid: {parameter.key} has no end of values from {domain.low:g} to "
        f"{domain.high:g}; write {parameter.key}='choice({values})', or search=random"
    )


def _five(domain: Interval) -> list[float]:
    """Return five values of an interval at equal distances, its ends among them."""
    if domain.log:
        ratio = domain.high / domain.low
        return [domain.low * ratio ** (i / 4) for i in range(5)]
    return [domain.low + (domain.high - domain.low) * i / 4 for i in range(5)]


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))


def _as_dict(parameter: Parameter) -> dict[str, Any]:
    kind = type(parameter.domain).__name__.lower()
    content = asdict(parameter) | {"domain": {"kind": kind, **asdict(parameter.domain)}}
    plain: dict[str, Any] = json.loads(json.dumps(content))
    return plain


def _from_dict(content: Mapping[str, Any]) -> Parameter:
    domain = dict(content["domain"])
    under = tuple((group, tuple(options)) for group, options in content.get("under", ()))
    return Parameter(
        key=content["key"],
        domain=_DOMAINS[domain.pop("kind")](**domain),
        group=content.get("group", False),
        under=under,
        variant=content.get("variant", ""),
    )
