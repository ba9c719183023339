"""What a user asks to search: by overrides of several values, and under ``space:`` in files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlcli.config import choices, grammar
from dlcli.config.domain import Unfit, domain_of
from dlcli.config.grammar import Override
from dlcli.config.point import value_text
from dlcli.config.redact import redact_override
from dlcli.config.repository import Repository
from dlcli.config.space import Choice, Domain, Value, same
from dlcli.config.tree import SWEEP_KEYS

# What trials are compared by and recorded with; it is the same for all.
SHARED = (*SWEEP_KEYS, "monitor", "mode", "tracking")
Under = tuple[tuple[str, tuple[Value, ...]], ...]


@dataclass(frozen=True)
class Declared:
    """One key that is to be searched.

    Args:
        key: a dotted key, or a group.
        domain: its values.
        group: the values are options of the group.
        place: where it is asked for, for messages.
        under: it is asked for only where each of these groups has one of these options.
    """

    key: str
    domain: Domain
    group: bool
    place: str
    under: Under = ()

    @property
    def options(self) -> tuple[Value, ...]:
        """The options of a group that are searched."""
        assert isinstance(self.domain, Choice)
        return self.domain.values


class Declaring:
    """Reads what is to be searched, and collects what is wrong with it.

    Args:
        repository: the files, for the options of groups.
        commanded: the overrides of the command line, which win over files.
    """

    def __init__(self, repository: Repository, commanded: Sequence[Override]) -> None:
        self._repository = repository
        self._commanded = {override.key: override for override in commanded}
        self.problems: list[str] = []
        # The first parts of the keys with a problem, below which nothing can be told.
        self.unclear: set[str] = set()

    def commands(self) -> list[Declared]:
        """Return what the overrides of several values ask for."""
        found = []
        for override in self._commanded.values():
            if override.sweep and (declared := self._command(override)):
                found.append(declared)
        return found

    def files(self, space: Mapping[str, tuple[Any, str]]) -> list[Declared]:
        """Return what files ask for, but for keys that the command line gives."""
        found: list[Declared] = []
        for key, (item, label) in space.items():
            if key == "space":
                self._add(f"{label}: space", "expected KEY: choice(A, B)")
            else:
                found += self._item(key, item, f"{label}: space", ())
        return found

    def _command(self, override: Override) -> Declared | None:
        place = f"override {redact_override(override.text)}"
        if override.kind == "delete":
            self._add(place, "nothing is searched by deleting; write KEY='choice(A, B)'")
            return None
        try:
            return self._declared(override, place, ())
        except Unfit as error:
            self.problems.append(str(grammar.refused(override, str(error))))
            self.unclear.add(override.key)
            return None

    def _declared(self, override: Override, place: str, under: Under) -> Declared:
        key = override.key
        if key.partition(".")[0].partition("/")[0] in SHARED:
            raise Unfit(f"{key} is the same for all trials; give it one value")
        if "@" in key:
            raise Unfit("a group in another place cannot be searched")
        top, _, rest = key.partition("/")
        if rest:
            raise Unfit(f"the group is {top}; write {top}=choice({rest}/A, {rest}/B)")
        group = self._is_group(key)
        options = self._repository.options(key) if group else None
        domain = domain_of(override.value, options)
        if isinstance(domain, Choice) and group:
            for option in domain.values:
                if problem := choices.unknown_option(key, option, self._repository):
                    raise Unfit(problem)
        return Declared(key, domain, group, place, under)

    def _is_group(self, key: str) -> bool:
        return "." not in key and self._repository.group_exists(key)

    def _item(self, key: str, item: Any, parent: str, under: Under) -> list[Declared]:
        place = f"{parent}.{key}"
        if isinstance(item, Mapping):
            return list(self._group(key, item, place, under))
        if key in self._commanded:
            return []
        if not isinstance(item, str):
            self._add(place, _no_text(item))
            return []
        try:
            override = grammar.parse_one(f"{key}={item}", sweeps=True)
            if not override.sweep:
                raise Unfit(f"one value, which is no search; write choice({item})")
            return [self._declared(override, place, under)]
        except grammar.Refused as error:
            self._add(place, error.reason)
        except Unfit as error:
            self._add(place, str(error))
        return []

    def _group(
        self, key: str, item: Mapping[Any, Any], place: str, under: Under
    ) -> Iterator[Declared]:
        """Yield a group, and what is searched under its options."""
        if not self._is_group(key):
            self._add(place, f"{key} is no group, so it has no options; write {key}: choice(A, B)")
            return
        wrong = [p for name in item if (p := self._option_problem(key, name, item[name]))]
        for problem in wrong:
            self._add(place, problem)
        if wrong:
            return
        options = self._searched_options(key, [str(name) for name in item])
        if key not in self._commanded:
            yield Declared(key, Choice(tuple(options)), True, place, under)
        for name in options:
            fixed = key in self._commanded and not self._commanded[key].sweep
            inner = under if fixed else (*under, (key, (name,)))
            for below, text in (item.get(name) or {}).items():
                yield from self._item(str(below), text, f"{place}.{name}", inner)

    def _searched_options(self, key: str, names: list[str]) -> list[str]:
        """Return the options of a file that the command line leaves."""
        override = self._commanded.get(key)
        if override is None:
            return names
        if not override.sweep:
            return [name for name in names if name == override.value]
        try:
            domain = domain_of(override.value, self._repository.options(key))
        except Unfit:
            return []
        return [name for name in names if isinstance(domain, Choice) and name in domain.values]

    def _option_problem(self, group: str, name: Any, below: Any) -> str | None:
        problem = choices.unknown_option(group, str(name), self._repository)
        if problem:
            return f"{problem}; for a value write {group}.{name}: choice(A, B)"
        if below is not None and not isinstance(below, Mapping):
            return f"{name}: expected what is searched under it, or null; got {below!r}"
        return None

    def _add(self, place: str, problem: str) -> None:
        self.problems.append(f"{place}: {problem}")


def _no_text(item: Any) -> str:
    values = item if isinstance(item, list) else [item]
    return f"no search; write choice({', '.join(map(value_text, values))})"


def merged(declared: Sequence[Declared]) -> list[Declared]:
    """Return the same with one for those that differ only in the option they are under."""
    found: list[Declared] = []
    for item in declared:
        twin = next((i for i, other in enumerate(found) if _is_twin(item, other)), None)
        if twin is None:
            found.append(item)
            continue
        other = found[twin]
        *above, (group, options) = other.under
        under = (*above, (group, (*options, *item.under[-1][1])))
        found[twin] = Declared(item.key, item.domain, item.group, other.place, under)
    return found


def _is_twin(one: Declared, other: Declared) -> bool:
    if one.key != other.key or one.domain != other.domain or not (one.under and other.under):
        return False
    return one.under[:-1] == other.under[:-1] and one.under[-1][0] == other.under[-1][0]


def apart(one: Under, other: Under) -> bool:
    """Tell whether two conditions never hold together."""
    conditions = dict(other)
    return any(
        group in conditions and not any(same(a, b) for a in options for b in conditions[group])
        for group, options in one
    )
