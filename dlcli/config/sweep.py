"""Compose what a sweep searches, how, and the configuration of each of its trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.config.compose import Config, ignored_environment, surroundings
from dlcli.config.folders import Folder, check_packages, search_path
from dlcli.config.point import point_overrides
from dlcli.config.snapshot import snapshot
from dlcli.config.space import Point, Space
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.config.grammar import Override
    from dlcli.config.tree import Tree


@dataclass(frozen=True)
class SweepConfig:
    """A composed and checked sweep.

    Args:
        base: a training's configuration with the first options of the searched groups, and the
            files' values of what else is searched.
        settings: resolved nodes: search, pruner, executor, objective.
        space: what is searched.
        overrides: what every trial has in common, as given.
        searched: the other overrides, as given.
        tree: the files, for the trials' compositions.
        common: the overrides that every trial has in common, as read.
    """

    base: Config
    settings: dict[str, Any]
    space: Space
    overrides: tuple[str, ...]
    searched: tuple[str, ...]
    tree: Tree = field(repr=False, compare=False)
    common: tuple[Override, ...] = field(repr=False, compare=False)

    @property
    def objectives(self) -> list[tuple[str, str]]:
        """The metric and the mode (auto, min, max) of each objective."""
        from dlcli.config.objective import objectives

        return objectives(self.settings["objective"])

    @property
    def total(self) -> int:
        """How many trials there are to be; a grid has no more than its points."""
        search = self.settings["search"]
        trials: int | None = search["n_trials"]
        if trials is not None and search["kind"] != "grid":
            return trials
        points = len(self.space.grid())
        return points if trials is None else min(trials, points)


@dataclass(frozen=True)
class Refused:
    """A point that cannot be trained, and why."""

    point: Point
    problems: list[str]


def compose_sweep(
    overrides: Sequence[str], config_dir: Path | None = None, allow: Sequence[str] = ()
) -> SweepConfig:
    """Compose and check a sweep, importing no target.

    Args:
        overrides: in Hydra's grammar; those of several values are searched.
        config_dir: the user's own tree, searched first; else ``[tool.dlcli] config_dir``.
        allow: packages of the user's own, beside those of ``[tool.dlcli] allow``.

    Raises:
        ConfigError: with one message for each problem.
    """
    folders, packages = surroundings(config_dir, allow)
    warnings = ignored_environment()

    from dlcli.config.searching import Searching

    return Searching(_tree(folders, packages), packages, warnings).run(overrides)


def compose_trial(
    overrides: Sequence[str],
    snapshot: Path | None,
    allow: Sequence[str],
    config_dir: Path | None = None,
) -> Config:
    """Compose and check the configuration of a trial.

    Args:
        overrides: those that all trials have in common, and ``point_overrides`` of its point.
        snapshot: the folder that ``snapshot`` wrote; None for the files as they are now.
        allow: packages of the user's own whose code may run.
        config_dir: the user's own tree; of no use with a snapshot.

    Raises:
        ConfigError: with one message for each problem.
    """
    if snapshot is None:
        folders, packages = surroundings(config_dir, allow)
        tree = _tree(folders, packages)
    else:
        packages = tuple(dict.fromkeys(allow))
        check_packages(packages)
        tree = _kept_tree(tuple(search_path(snapshot)), packages)

    from dlcli.config.grammar import parse
    from dlcli.config.searching import trial

    return trial(tree, *parse(overrides), packages, ignored_environment())


def compose_point(sweep: SweepConfig, point: Mapping[str, Any]) -> Config:
    """Compose and check the configuration at a point of a sweep, from the files as they were.

    Raises:
        ConfigError: with one message for each problem.
    """
    from dlcli.config.searching import at_point

    return at_point(sweep, point)


def _tree(folders: Sequence[Folder], packages: Sequence[str]) -> Tree:
    from dlcli.config.tree import SWEEP, Tree

    return Tree(SWEEP, folders, packages)


@lru_cache(maxsize=1)
def _kept_tree(folders: tuple[Folder, ...], packages: tuple[str, ...]) -> Tree:
    """Return the files of a snapshot, which stay as they are from trial to trial."""
    return _tree(folders, packages)


def check_points(sweep: SweepConfig, points: Iterable[Mapping[str, Any]]) -> list[Refused]:
    """Compose and check points of the space, importing no target; return those refused."""
    refused = []
    for point in points:
        try:
            compose_point(sweep, point)
        except ConfigError as error:
            refused.append(Refused(dict(point), error.problems))
    return refused


__all__ = [
    "Refused",
    "SweepConfig",
    "check_points",
    "compose_point",
    "compose_sweep",
    "compose_trial",
    "point_overrides",
    "snapshot",
]
