"""The steps from files and overrides to checked values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dlcli.config import choices, grammar, overrides
from dlcli.config.check import Check
from dlcli.config.composition import Composition
from dlcli.config.folders import Folder
from dlcli.config.grammar import Override
from dlcli.config.interpolate import Interpolation
from dlcli.config.problem import Problem, messages
from dlcli.config.redact import redact_override, secret_values
from dlcli.config.references import references
from dlcli.config.tree import SWEEP_GROUPS, SWEEP_KEYS, Start, Tree
from dlcli.errors import ConfigError

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_TRAIN = "dlcli.config.settings.Train"
_SWEEP = "dlcli.config.settings.Sweep"


class Composing:
    """One composition: each step collects its problems, the end raises them all.

    Args:
        tree: the files; others may share it.
        trial: leave out what says how to search.
    """

    def __init__(self, tree: Tree, trial: bool = False) -> None:
        self._tree = tree
        self._trial = trial
        self._composition = Composition()
        self.choices: dict[str, str] = {}
        self.secrets: list[str] = []

    @classmethod
    def of(cls, root: str, folders: Sequence[Folder], allow: Sequence[str]) -> Composing:
        """The composition of a root that is composed once."""
        return cls(Tree(root, folders, allow))

    @property
    def origins(self) -> dict[str, str]:
        """For each dotted key the file, choice or override that wrote it."""
        return self._composition.origins

    @property
    def references(self) -> dict[str, str]:
        """The keys that only repeat another one's value, with the text that says so."""
        return references(self._composition)

    def run(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the checked values.

        Raises:
            ConfigError: with one message for each problem.
        """
        parsed, problems = grammar.parse(texts)
        return self.compose(parsed, problems)

    def compose(self, parsed: Sequence[Override], problems: Sequence[str] = ()) -> dict[str, Any]:
        """Return the checked values of overrides that were read.

        Raises:
            ConfigError: with one message for each problem, those before among them.
        """
        kept, found = self._kept(parsed)
        chosen, valued, wrong = choices.split(kept, self._tree.root, self._tree.repository)
        found = [*problems, *found, *wrong]
        start = self._start(chosen, found)
        self._composition = start.composition.copy()
        self.choices = dict(start.chosen)
        groups = self._tree.repository.groups()
        found += overrides.apply(valued, self._composition, self._tree.targets, groups)
        if self._tree.searches:
            self._settle()
        values, late = self._check(start)
        self._tree.targets.save()
        if found or late:
            raise ConfigError([*found, *late])
        return values

    def _kept(self, parsed: Sequence[Override]) -> tuple[list[Override], list[str]]:
        """Return the overrides that the root can have, and a message for each that it cannot."""
        kept: list[Override] = []
        problems: list[str] = []
        for override in parsed:
            if problem := _of_others(override.key, self._tree.searches):
                problems.append(f"override {redact_override(override.text)}: {problem}")
            else:
                kept.append(override)
        return kept, problems

    def _start(self, chosen: list[Override], problems: list[str]) -> Start:
        try:
            return self._tree.start(chosen)
        except ConfigError as error:
            # Without its files there is nothing else to check.
            raise ConfigError([*problems, *error.problems]) from error

    def _settle(self) -> None:
        """Say what the root is; of a trial, take away what says how to search."""
        origin = self.origins.get("_target_", "")
        self._composition.put("_target_", _TRAIN if self._trial else _SWEEP, origin)
        for key in SWEEP_KEYS if self._trial else ():
            if self._composition.has(key):
                self._composition.delete(key)
            self.choices.pop(key, None)

    def _check(self, start: Start) -> tuple[dict[str, Any], list[str]]:
        """Resolve and check the composed values; return them and what is wrong."""
        interpolation = Interpolation()
        values = interpolation.resolve(self._composition.values)
        packages = {layer.package.partition(".")[0] for layer in start.layers} - {""}
        listed = choices.listed_groups(self._tree.root, self._tree.repository)
        if self._trial:
            packages -= set(SWEEP_GROUPS)
            listed = [name for name in listed if name not in SWEEP_GROUPS]
        if "callbacks" in listed and values.get("callbacks") is None:
            values["callbacks"] = {}
        check = Check(self._tree.targets, packages | set(self.choices) | set(listed), listed)
        check.root(values)
        self.secrets = [*interpolation.secrets, *secret_values(values)]
        causes = self._causes([*interpolation.problems, *check.problems])
        return values, messages(causes, self.origins, self.secrets)

    def _causes(self, problems: list[Problem]) -> list[Problem]:
        """Return the problems without those that only repeat another one's value."""
        wrong = {problem.key for problem in problems}
        kept: dict[str, Problem] = {}
        for problem in problems:
            if not wrong.intersection(self._sources(problem.key)):
                kept.setdefault(problem.key, problem)
        return list(kept.values())

    def _sources(self, key: str) -> list[str]:
        """Return the keys that one refers to, the next one first; none where it is in a loop."""
        found: list[str] = []
        while isinstance(value := self._composition.get(found[-1] if found else key), str):
            source = _REFERENCE.fullmatch(value)
            if source is None:
                break
            if source[1] == key:
                return []
            if source[1] in found:
                break
            found.append(source[1])
        return found


def _of_others(key: str, searches: bool) -> str | None:
    """Return why a key is not one of a command line, None where it may be."""
    name, *rest = re.split(r"[./@]", key, maxsplit=1)
    if searches:
        way = f"write {rest[0] if rest else 'KEY'}='choice(A, B)' itself"
        return f"space stands in files; {way}" if name == "space" else None
    return f"{name} belongs to dlcli sweep; leave it out" if name in SWEEP_KEYS else None
