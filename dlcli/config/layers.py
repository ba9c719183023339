"""The files that a configuration is made of, in the order in which they are laid over each other.

Hydra's compose API does this too, and lays out its own configuration, logging and launchers with
it, in twice the time. Of Hydra, only the defaults list and the override grammar are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlcli.config.grammar import Override
from dlcli.config.repository import Repository
from dlcli.config.suggest import did_you_mean, listing, nearest
from dlcli.config.yaml_file import ConfigFile
from dlcli.errors import ConfigError


@dataclass(frozen=True)
class Layer:
    """A file, the dotted key under which its content goes, and the override that chose it."""

    file: ConfigFile
    package: str
    choice: str | None

    @property
    def origin(self) -> str:
        """Where its values come from, for people."""
        return self.file.label if self.choice is None else f"{self.file.label} ({self.choice})"


def layers(
    root: str, choices: Sequence[Override], repository: Repository
) -> tuple[list[Layer], dict[str, str]]:
    """Return the layers of a root, lowest first, and the option of each group.

    Raises:
        ConfigError: a file is missing or damaged, or the defaults lists contradict each other.
    """
    from hydra import version
    from hydra._internal.defaults_list import create_defaults_list
    from hydra.errors import HydraException, MissingConfigException

    version.setbase("1.3")
    parsed = [choice.parsed for choice in choices]
    repository_: Any = repository
    try:
        found = create_defaults_list(repository_, root, parsed, False, False)
    except MissingConfigException as error:
        raise ConfigError(_missing(error, repository)) from error
    except (HydraException, ValueError) as error:
        raise ConfigError(
            str(error).replace("\n", " ").partition("To append")[0].strip()
        ) from error
    chosen = {name: option for name, option in found.overrides.known_choices.items() if option}
    chosen |= {c.key: f"[{','.join(c.value)}]" for c in choices if isinstance(c.value, list)}
    return _layers(found.defaults, choices, repository), chosen


def _layers(
    defaults: Sequence[Any], choices: Sequence[Override], repository: Repository
) -> list[Layer]:
    by_path = {path: choice.text for choice in choices for path in _paths(choice)}
    parents = {default.config_path: default.parent for default in defaults if not default.is_self}
    found = []
    for default in defaults:
        path = default.config_path
        file = repository.file(path)
        assert file is not None
        found.append(Layer(file, default.package or "", _choice(path, by_path, parents)))
    return found


def _paths(choice: Override) -> list[str]:
    options = choice.value if isinstance(choice.value, list) else [choice.value]
    group = choice.key.partition("@")[0]
    return [f"{group}/{option}" for option in options]


def _choice(path: str, by_path: dict[str, str], parents: dict[str, str | None]) -> str | None:
    """Return the override that brought a file in, itself or through a file that names it."""
    seen: set[str] = set()
    current: str | None = path
    while current and current not in seen:
        if current in by_path:
            return by_path[current]
        seen.add(current)
        current = parents.get(current)
    return None


def _missing(error: Any, repository: Repository) -> str:
    path = error.missing_cfg_file or ""
    # Hydra says "In 'experiment/mine': Could not find 'model/resnt'".
    where = str(error).partition("In '")[2].partition("'")[0]
    group, _, option = path.rpartition("/")
    place = f"conf/{where}.yaml" if where else "conf"
    if where and (file := repository.file(where)):
        place = file.label
    if not group:
        return f"{place}: defaults: there is no {path}.yaml"
    if not repository.group_exists(group):
        groups = repository.groups()
        hint = did_you_mean(nearest(group, groups))
        return f"{place}: defaults: unknown group {group}{hint or '; groups: ' + listing(groups)}"
    options = repository.options(group)
    hint = did_you_mean(nearest(option, options))
    return f"{place}: defaults: {group} has no option {option}{hint}; options: {listing(options)}"
