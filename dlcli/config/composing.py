"""The steps from files and overrides to checked values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dlcli.config import choices, grammar, overrides
from dlcli.config.check import Check
from dlcli.config.composition import Composition
from dlcli.config.folders import Folder
from dlcli.config.interpolate import Interpolation
from dlcli.config.layers import Layer, layers
from dlcli.config.problem import Problem, messages
from dlcli.config.redact import secret_values
from dlcli.config.repository import Repository
from dlcli.config.targets import Targets
from dlcli.errors import ConfigError

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")


class Composing:
    """One composition: each step collects its problems, the end raises them all.

    Args:
        root: the name of the root file.
        folders: where files are searched, the first first.
        allow: packages of the user's own whose code may run.
    """

    def __init__(self, root: str, folders: Sequence[Folder], allow: Sequence[str]) -> None:
        self._root = root
        self._repository = Repository(folders)
        self._targets = Targets(allow)
        self._composition = Composition()
        self.choices: dict[str, str] = {}
        self.secrets: list[str] = []

    @property
    def origins(self) -> dict[str, str]:
        """For each dotted key the file, choice or override that wrote it."""
        return self._composition.origins

    def run(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the checked values.

        Raises:
            ConfigError: with one message for each problem.
        """
        parsed, problems = grammar.parse(texts)
        chosen, valued, wrong = choices.split(parsed, self._root, self._repository)
        problems += wrong
        found = self._layers(chosen, problems)
        for layer in found:
            self._composition.put(layer.package, layer.file.values, layer.origin)
        groups = self._repository.groups()
        problems += overrides.apply(valued, self._composition, self._targets, groups)
        values, late = self._check(found)
        self._targets.save()
        if problems or late:
            raise ConfigError([*problems, *late])
        return values

    def _layers(self, chosen: list[grammar.Override], problems: list[str]) -> list[Layer]:
        try:
            found, self.choices = layers(self._root, chosen, self._repository)
        except ConfigError as error:
            # Without its files there is nothing else to check.
            raise ConfigError([*problems, *error.problems]) from error
        return found

    def _check(self, found: list[Layer]) -> tuple[dict[str, Any], list[str]]:
        """Resolve and check the composed values; return them and what is wrong."""
        interpolation = Interpolation()
        values = interpolation.resolve(self._composition.values)
        packages = {layer.package.partition(".")[0] for layer in found} - {""}
        listed = choices.listed_groups(self._root, self._repository)
        if "callbacks" in listed and values.get("callbacks") is None:
            values["callbacks"] = {}
        check = Check(self._targets, packages | set(self.choices) | set(listed), listed)
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
