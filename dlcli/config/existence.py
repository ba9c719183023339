"""Under which options of the searched groups a key exists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product

from dlcli.config import choices, grammar, overrides
from dlcli.config.composition import Composition
from dlcli.config.declared import Declared, Under
from dlcli.config.grammar import Override
from dlcli.config.point import point_overrides, value_text
from dlcli.config.space import Parameter, Point, Value
from dlcli.config.tree import Start, Tree
from dlcli.errors import ConfigError

# Combinations of options that are looked at for a key that exists nowhere near the first ones.
MAX_COMBINATIONS = 256


class Existence:
    """Composes combinations of options as far as it takes to tell which keys there are.

    Args:
        tree: the files.
        fixed: the overrides that all trials have in common.
        groups: those that are searched, each after those it is under.
    """

    def __init__(self, tree: Tree, fixed: Sequence[Override], groups: Sequence[Declared]) -> None:
        self._tree = tree
        self._fixed = list(fixed)
        self._groups = list(groups)
        self._known: dict[str, tuple[Start, Composition, dict[str, str]]] = {}

    def combination(self, wanted: Mapping[str, Value] = {}) -> Point:
        """Return an option of each group that is searched: the wanted one, else the first."""
        found: Point = {}
        for group in self._groups:
            if Parameter(group.key, group.domain, True, group.under).exists(found):
                option = wanted.get(group.key, group.options[0])
                found[group.key] = option if option in group.options else group.options[0]
        return found

    def variations(self) -> list[Point]:
        """Return the first combination, and those that differ from it in one option."""
        found = [self.combination()]
        for group in self._groups:
            required = _required(group.under)
            found += [self.combination({**required, group.key: o}) for o in group.options]
        return list({json.dumps(point): point for point in found}.values())

    def start(self, combination: Point) -> Start:
        """Return the files of a combination."""
        return self._composed(combination)[0]

    def value(self, key: str, combination: Point) -> tuple[bool, Value]:
        """Return whether there is a key in a combination, and its value."""
        composition = self._composed(combination)[1]
        return composition.has(key), composition.get(key)

    def problem(self, override: Override, combination: Point) -> str | None:
        """Return what is wrong with an override that is fixed, in a combination."""
        return self._composed(combination)[2].get(override.text)

    def under(self, declared: Declared) -> Under:
        """Return the options under which a key exists, beside those that it is asked for under.

        Raises:
            ConfigError: under none.
        """
        home = next((c for c in self._near(declared) if self._exists(declared.key, c)), None)
        if home is None:
            raise ConfigError(self._unknown(declared))
        found = dict(declared.under)
        for group in self._groups:
            if group.key not in home or group.key in found:
                continue
            options = tuple(
                option
                for option in group.options
                if self._exists(declared.key, self.combination({**home, group.key: option}))
            )
            if len(options) < len(group.options):
                found[group.key] = options
        return tuple(found.items())

    def _near(self, declared: Declared) -> Iterator[Point]:
        """Yield combinations in which a key may exist, likely ones first."""
        required = _required(declared.under)
        yield self.combination(required)
        for group in self._groups:
            for option in group.options:
                yield self.combination({group.key: option, **required})
        every = product(*(group.options for group in self._groups))
        for options in islice(every, MAX_COMBINATIONS):
            chosen = dict(zip((g.key for g in self._groups), options, strict=True))
            yield self.combination(chosen | required)

    def _exists(self, key: str, combination: Point) -> bool:
        return self._missing(key, combination) is None

    def _missing(self, key: str, combination: Point) -> str | None:
        """Return why there is no such key in a combination, None where there is one."""
        composition = self._composed(combination)[1]
        if composition.has(key):
            return None
        # An argument that no file writes: only its name is looked at.
        override = override_of(key, 0)
        groups = self._tree.repository.groups()
        return overrides.unknown(override, composition, self._tree.targets, groups)

    def _unknown(self, declared: Declared) -> str:
        reasons = [self._missing(declared.key, c) or "" for c in self._first(declared)]
        with_hint = [reason for reason in reasons if "did you mean" in reason]
        return f"{declared.place}: {(with_hint or reasons)[0]}"

    def _first(self, declared: Declared) -> list[Point]:
        required = _required(declared.under)
        return [self.combination(required), *(c for c in self.variations())]

    def _composed(self, combination: Point) -> tuple[Start, Composition, dict[str, str]]:
        text = json.dumps(combination)
        if text not in self._known:
            self._known[text] = self._compose(combination)
        return self._known[text]

    def _compose(self, combination: Point) -> tuple[Start, Composition, dict[str, str]]:
        given = [*self._fixed, *(override_of(k, v) for k, v in combination.items())]
        chosen, valued, _ = choices.split(given, self._tree.root, self._tree.repository)
        start = self._tree.start(chosen)
        composition = start.composition.copy()
        groups = self._tree.repository.groups()
        problems: dict[str, str] = {}
        for override in overrides.in_order(valued):
            problem = overrides.apply_one(override, composition, self._tree.targets, groups)
            if problem:
                problems[override.text] = problem
        return start, composition, problems


def override_of(key: str, value: Value) -> Override:
    """Return the override that gives a key a value."""
    return _parsed(f"{key}={value_text(value)}")


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Override:
    return grammar.parse_one(text)


def _required(under: Under) -> Point:
    return {group: options[0] for group, options in under}


def spoken(combination: Point) -> str:
    """Return a combination as people read it: ``model=cnn, optimizer=adam``."""
    return ", ".join(point_overrides(combination))
