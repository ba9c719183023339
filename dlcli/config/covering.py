"""Few points of a space in which every value, and as far as it goes every two values, meet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

from dlcli.config.space import Parameter, Point, Space, Value, extremes

# All combinations are taken while they are no more than this.
MAX_PRODUCT = 128
# Every value stands in one of the points; for pairs no more points than this are made.
MAX_POINTS = 256

# A parameter's name, and the text of a value.
Setting = tuple[str, str]
Pair = frozenset[Setting]


def covering(space: Space) -> list[Point]:
    """Return points in which every extreme of every parameter stands, and most pairs of them."""
    return _Covering(space).points()


class _Covering:
    """Points found one after the other, each for the first value or pair that none has yet."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._by_name = {parameter.name: parameter for parameter in space.parameters}
        self._uses: Counter[Setting] = Counter()
        self._met: set[Pair] = set()
        self._found: dict[str, Point] = {}

    def points(self) -> list[Point]:
        for parameter, value in self._settings():
            if not self._uses[_setting(parameter, value)]:
                self._add({parameter.name: value})
        for one, other in combinations(list(self._settings()), 2):
            if len(self._found) >= MAX_POINTS:
                break
            wanted = {one[0].name: one[1], other[0].name: other[1]}
            if len(wanted) == 2 and frozenset(map(_setting_of, (one, other))) not in self._met:
                self._add(wanted)
        return list(self._found.values())

    def _settings(self) -> Iterator[tuple[Parameter, Value]]:
        for parameter in self._space.parameters:
            for value in extremes(parameter.domain):
                yield parameter, value

    def _add(self, wanted: dict[str, Value]) -> None:
        """Add the point that has the wanted settings, where there can be one."""
        chosen: list[Setting] = []
        groups = self._required(wanted)

        def choose(parameter: Parameter) -> Value:
            value = self._choice(parameter, wanted, groups)
            chosen.append(_setting(parameter, value))
            return value

        point = self._space.walk(choose)
        self._uses.update(chosen)
        self._met.update(frozenset(pair) for pair in combinations(chosen, 2))
        self._found.setdefault(json.dumps(point, sort_keys=True), point)

    def _required(self, wanted: Mapping[str, Value]) -> dict[str, list[Value]]:
        """Return the options of each group under which the wanted parameters exist."""
        required: dict[str, list[Value]] = {}
        for name in wanted:
            for group, options in self._by_name[name].under:
                known = required.get(group, list(options))
                required[group] = [option for option in known if option in options]
        return required

    def _choice(
        self, parameter: Parameter, wanted: Mapping[str, Value], groups: Mapping[str, list[Value]]
    ) -> Value:
        if parameter.name in wanted:
            return wanted[parameter.name]
        # Of two parameters that never exist together there are no options: any will do.
        values = (groups.get(parameter.key) if parameter.group else None) or extremes(
            parameter.domain
        )
        return min(values, key=lambda value: self._uses[_setting(parameter, value)])


def _setting_of(pair: tuple[Parameter, Value]) -> Setting:
    return _setting(*pair)


def _setting(parameter: Parameter, value: Value) -> Setting:
    return parameter.name, json.dumps(value, sort_keys=True)
