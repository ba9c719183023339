"""Compose a configuration from files and overrides, refusing all that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlcli.config.folders import Folder, check_packages, project, search_path
from dlcli.config.redact import secret_values

_HYDRA_ALLOWLIST = "HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE"


@dataclass(frozen=True)
class Config:
    """A composed and checked configuration.

    Args:
        values: resolved plain containers; the group nodes keep their ``_target_``.
        origins: for each dotted key the file, choice or override that wrote it.
        overrides: as given.
        choices: the option of each group.
        allow: packages of the user's own whose code may run.
        warnings: what was ignored, for the user to know.
        secrets: values from the environment that must not be shown.
        references: for each key that only repeats another one's value, the text that says so.
        config_dir: the user's own tree, where the command named it.
    """

    values: dict[str, Any]
    origins: dict[str, str]
    overrides: tuple[str, ...]
    choices: dict[str, str]
    allow: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    references: dict[str, str] = field(default_factory=dict, repr=False)
    config_dir: str = ""

    @property
    def hidden(self) -> list[str]:
        """Every text that must be neither shown nor stored, wherever it stands."""
        return [*secret_values(self.values), *self.secrets]


def compose(
    root: str,
    overrides: Sequence[str],
    config_dir: Path | None = None,
    allow: Sequence[str] = (),
) -> Config:
    """Compose and check the configuration of a root (``train``), importing no target.

    Args:
        root: the name of the root file, without ``.yaml``.
        overrides: in Hydra's grammar.
        config_dir: the user's own tree, searched first; else ``[tool.dlcli] config_dir``.
        allow: packages of the user's own, beside those of ``[tool.dlcli] allow``.

    Raises:
        ConfigError: with one message for each problem.
    """
    folders, packages = surroundings(config_dir, allow)
    warnings = ignored_environment()

    from dlcli.config.composing import Composing

    composing = Composing.of(root, folders, packages)
    values = composing.run(overrides)
    return Config(
        values=values,
        origins=composing.origins,
        overrides=tuple(overrides),
        choices=composing.choices,
        allow=packages,
        warnings=warnings,
        secrets=tuple(composing.secrets),
        references=composing.references,
        config_dir=str(config_dir or ""),
    )


def surroundings(
    config_dir: Path | None, allow: Sequence[str]
) -> tuple[list[Folder], tuple[str, ...]]:
    """Return the folders to search, and the user's packages whose code may run.

    Raises:
        ConfigError: a folder or the project's file cannot be used, or a package is none.
    """
    settings = project(Path.cwd())
    packages = tuple(dict.fromkeys([*settings.allow, *allow]))
    check_packages(packages)
    return search_path(config_dir or settings.config_dir), packages


def ignored_environment() -> tuple[str, ...]:
    """Take away the variable that would let Hydra build what its own list forbids."""
    if os.environ.pop(_HYDRA_ALLOWLIST, None) is None:
        return ()
    return (f"{_HYDRA_ALLOWLIST} is ignored; [tool.dlcli] allow names packages that may run",)
