"""How a parameter is held in Optuna: its distribution, and values there and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

from dlcli.config.space import Choice, Interval, Parameter, Point, Space, Steps, Value

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

_SCALAR = (str, int, float, bool, type(None))


class Encoding:
    """One parameter in Optuna's terms.

    Args:
        parameter: its ``name`` is its name there.
    """

    def __init__(self, parameter: Parameter) -> None:
        self.name = parameter.name
        self._domain = parameter.domain

    @cached_property
    def choices(self) -> list[Any]:
        """The values of a choice as Optuna can hold and tell apart: scalars, or JSON text."""
        assert isinstance(self._domain, Choice)
        values = list(self._domain.values)
        alike = any(one == other for one, other in combinations(values, 2))  # 1 and true
        if alike or not all(isinstance(value, _SCALAR) for value in values):
            return [json.dumps(value, sort_keys=True) for value in values]
        return values

    @cached_property
    def distribution(self) -> BaseDistribution:
        """What is sampled from; one object for all trials."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        domain = self._domain
        if isinstance(domain, Choice):
            return CategoricalDistribution(self.choices)
        if isinstance(domain, Interval):
            return FloatDistribution(domain.low, domain.high, log=domain.log)
        if isinstance(domain.low, int) and isinstance(domain.step, int):
            return IntDistribution(domain.low, int(domain.high), domain.log, domain.step)
        return FloatDistribution(domain.low, domain.high, step=domain.step)

    def suggest(self, trial: Trial) -> Any:
        """Draw a value for a trial; returns it as Optuna holds it."""
        domain = self._domain
        if isinstance(domain, Choice):
            return trial.suggest_categorical(self.name, self.choices)
        if isinstance(domain, Interval):
            return trial.suggest_float(self.name, domain.low, domain.high, log=domain.log)
        if isinstance(domain.low, int) and isinstance(domain.step, int):
            high = int(domain.high)
            return trial.suggest_int(self.name, domain.low, high, step=domain.step, log=domain.log)
        return trial.suggest_float(self.name, domain.low, domain.high, step=domain.step)

    def encode(self, value: Value) -> Any:
        """A value as Optuna holds it."""
        if not isinstance(self._domain, Choice):
            return value
        text = json.dumps(value, sort_keys=True)
        texts = [json.dumps(one, sort_keys=True) for one in self._domain.values]
        return self.choices[texts.index(text)]

    def decode(self, held: Any) -> Value:
        """The value that Optuna holds."""
        domain = self._domain
        if isinstance(domain, Choice):
            return domain.values[self.choices.index(held)]
        if isinstance(domain, Steps):
            return domain.at(round((held - domain.low) / domain.step))
        return float(held)


class Points:
    """The points of a space in Optuna's terms."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._codes = {parameter.name: Encoding(parameter) for parameter in space.parameters}

    @cached_property
    def distributions(self) -> dict[str, BaseDistribution]:
        """The distribution of every parameter, by its name."""
        return {name: code.distribution for name, code in self._codes.items()}

    def draw(self, trial: Trial) -> None:
        """Draw a point for a trial."""
        self._space.walk(lambda p: self._codes[p.name].decode(self._codes[p.name].suggest(trial)))

    def decode(self, held: Mapping[str, Any]) -> Point:
        """The point that Optuna holds, by names."""
        return self._space.walk(lambda p: self._codes[p.name].decode(held[p.name]))

    def encode(self, point: Point) -> dict[str, Any]:
        """A point as Optuna holds it, by names."""
        return {
            p.name: self._codes[p.name].encode(point[p.key])
            for p in self._space.parameters
            if p.exists(point)
        }
