"""The configuration files of a command, and what compositions of them have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlcli.config.composition import Composition
from dlcli.config.folders import Folder
from dlcli.config.grammar import Override
from dlcli.config.layers import Layer, layers
from dlcli.config.repository import Repository
from dlcli.config.targets import Targets

SWEEP = "sweep"
# What says how to search; a training leaves it out.
SWEEP_GROUPS = ("search", "pruner", "executor")
SWEEP_KEYS = (*SWEEP_GROUPS, "objective", "space")


@dataclass(frozen=True)
class Start:
    """The files of a choice of options, laid over each other.

    Args:
        layers: the files, the lowest first.
        chosen: the option of each group.
        composition: their values, to be copied before anything is written into it.
        space: what the files search, by key: the text or mapping, and the file's label.
    """

    layers: list[Layer]
    chosen: dict[str, str]
    composition: Composition
    space: dict[str, tuple[Any, str]]


class Tree:
    """Composes each choice of options once, and reads each file and signature once.

    Args:
        root: the name of the root file.
        folders: where files are searched, the first first.
        allow: packages of the user's own whose code may run.
    """

    def __init__(self, root: str, folders: Sequence[Folder], allow: Sequence[str]) -> None:
        self.root = root
        self.searches = root == SWEEP
        self.repository = Repository(folders, ignored=() if self.searches else SWEEP_GROUPS)
        self.targets = Targets(allow)
        self._starts: dict[tuple[str, ...], Start] = {}

    def start(self, choices: Sequence[Override]) -> Start:
        """Return the files of a choice, as they are before single values are overridden.

        Raises:
            ConfigError: a file is missing or damaged, or they contradict each other.
        """
        texts = tuple(choice.text for choice in choices)
        if texts not in self._starts:
            self._starts[texts] = self._start(choices)
        return self._starts[texts]

    def _start(self, choices: Sequence[Override]) -> Start:
        found, chosen = layers(self.root, choices, self.repository)
        composition = Composition()
        space: dict[str, tuple[Any, str]] = {}
        for layer in found:
            values = layer.file.values
            if not layer.package and (self.searches or not self._is_root(layer)):
                values = self._without_sweep(layer, space)
            composition.put(layer.package, values, layer.origin)
        return Start(found, chosen, composition, space)

    def _is_root(self, layer: Layer) -> bool:
        return layer.file is self.repository.file(self.root)

    def _without_sweep(self, layer: Layer, space: dict[str, tuple[Any, str]]) -> dict[str, Any]:
        """Return a file's values without those of a sweep; what it searches goes to ``space``."""
        values = layer.file.values
        searched = values.get("space")
        if isinstance(searched, Mapping):
            space.update({str(key): (item, layer.file.label) for key, item in searched.items()})
        elif searched is not None:
            space["space"] = searched, layer.file.label
        dropped = ("space",) if self.searches else SWEEP_KEYS
        return {key: value for key, value in values.items() if key not in dropped}
