"""The configuration files of all folders, in the form that Hydra's defaults lists ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.config import yaml_file
from dlcli.config.folders import Folder
from dlcli.config.yaml_file import ConfigFile
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from hydra.core.default_element import InputDefault
    from hydra.plugins.config_source import ConfigResult

_SUFFIX = ".yaml"


class Repository:
    """Finds and reads configuration files; a file of an earlier folder hides a later one's.

    The methods without docstrings are what Hydra calls.

    Args:
        folders: the first first.
        ignored: groups that defaults lists may name without any effect.
    """

    def __init__(self, folders: Sequence[Folder], ignored: Sequence[str] = ()) -> None:
        self._folders = folders
        self._ignored = ignored
        self._files: dict[str, ConfigFile | None] = {}
        self._options: dict[str, list[str]] = {}

    def file(self, config_path: str) -> ConfigFile | None:
        """Return the file of a path such as ``optimizer/adam``, or None where there is none.

        Raises:
            ConfigError: it is there but cannot be used.
        """
        if config_path not in self._files:
            self._files[config_path] = self._read(config_path)
        return self._files[config_path]

    def options(self, group: str) -> list[str]:
        """Return the names of a group's files, those in folders below it too: cnn/lenet5."""
        if group not in self._options:
            folders = [folder.path / group for folder in self._folders]
            found = {name for folder in folders for name in _options(folder, "")}
            self._options[group] = sorted(found)
        return self._options[group]

    def groups(self) -> list[str]:
        """Return the names of the folders that hold options, but for those ignored."""
        found = {
            entry.name
            for folder in self._folders
            for entry in _entries(folder.path)
            if entry.is_dir() and not entry.name.startswith((".", "_"))
        }
        return sorted(found.difference(self._ignored))

    def group_exists(self, config_path: str) -> bool:
        return any((folder.path / config_path).is_dir() for folder in self._folders)

    def config_exists(self, config_path: str) -> bool:
        return self._find(config_path) is not None

    def load_config(self, config_path: str) -> ConfigResult | None:
        from hydra.plugins.config_source import ConfigResult
        from omegaconf import OmegaConf

        file = self.file(config_path)
        if file is None:
            return None
        return ConfigResult(
            provider="dlcli",
            path=file.label,
            config=OmegaConf.create(),
            header={"package": file.package},
            defaults_list=self._defaults(file),
        )

    def get_group_options(self, group_name: str, results_filter: Any = None) -> list[str]:
        return self.options(group_name)

    def get_sources(self) -> list[Any]:
        return []

    def _defaults(self, file: ConfigFile) -> list[InputDefault]:
        found = [_default(file, item) for item in file.defaults]
        return [item for item in found if _group(item) not in self._ignored]

    def _read(self, config_path: str) -> ConfigFile | None:
        found = self._find(config_path)
        if found is None:
            return None
        folder, file = found
        return yaml_file.read(file, f"{folder.label}/{config_path}{_SUFFIX}")

    def _find(self, config_path: str) -> tuple[Folder, Path] | None:
        for folder in self._folders:
            file = folder.path / f"{config_path}{_SUFFIX}"
            if _is_inside(file, folder.path) and file.is_file():
                return folder, file
            if os.path.lexists(file) and not file.exists():
                label = f"{folder.label}/{config_path}{_SUFFIX}"
                raise ConfigError(f"{label}: a link that leads nowhere, or to itself")
        return None


def _is_inside(file: Path, folder: Path) -> bool:
    """Refuse ``optimizer=../../secret``: an option is a file of the tree, by its name."""
    return os.path.normpath(file).startswith(f"{os.path.normpath(folder)}{os.sep}")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read: {error.strerror}") from error


def _options(folder: Path, prefix: str, depth: int = 0) -> Iterator[str]:
    # A tree is two levels deep; a link back to a folder above would have no end.
    if depth > 4:
        return
    for entry in _entries(folder):
        if entry.name.startswith((".", "_")):  # what options share is none itself
            continue
        if entry.name.endswith(_SUFFIX):
            yield prefix + entry.name.removesuffix(_SUFFIX)
        elif entry.is_dir():
            yield from _options(folder / entry.name, f"{prefix}{entry.name}/", depth + 1)


def _default(file: ConfigFile, item: Any) -> InputDefault:
    """Return Hydra's form of one item of a defaults list: a name, or a group and its option."""
    from hydra.core.default_element import ConfigDefault, GroupDefault

    if isinstance(item, str):
        path, _, package = item.partition("@")
        return ConfigDefault(path=path, package=package or None)
    if not isinstance(item, dict) or len(item) != 1:
        raise ConfigError(f"{file.label}: defaults: not a name or one GROUP: OPTION, {item!r}")
    key, value = next(iter(item.items()))
    names = value if isinstance(value, list) else [value]
    if not all(name is None or isinstance(name, str) for name in names):
        raise ConfigError(f"{file.label}: defaults: {key}: not a name or a list, {value!r}")
    *words, group = str(key).split(" ")
    group, _, package = group.partition("@")
    return GroupDefault(
        group=group,
        value=value,
        package=package or None,
        optional="optional" in words,
        override="override" in words,
    )


def _group(default: InputDefault) -> str:
    return str(getattr(default, "group", None) or "").lstrip("/")
