"""What a command is given once more that goes on from what another one recorded."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlcli.config.folders import project
from dlcli.config.redact import MASK, redact_override
from dlcli.config.store import GROUP, is_of_tracking
from dlcli.errors import ConfigError


@dataclass(frozen=True)
class Recorded:
    """What a run says of the command that made it; nothing where it does not say.

    Args:
        overrides: as given; secrets masked.
        allow: packages of the user's own whose code might run.
        config_dir: the user's own tree, where the command named it.
    """

    overrides: Sequence[str] = ()
    allow: Sequence[str] = ()
    config_dir: str = ""


def allowed(packages: Sequence[str]) -> list[str]:
    """``--allow`` for each package that the project of the working folder does not name."""
    known: tuple[str, ...] = ()
    with contextlib.suppress(ConfigError):  # whoever reads it next says what is wrong
        known = project(Path.cwd()).allow
    return [word for name in packages if name not in known for word in ("--allow", name)]


def of_store(overrides: Sequence[str], config_dir: Path | str | None = None) -> list[str]:
    """The words that say where it was recorded: the overrides, secrets masked, and their tree.

    Args:
        overrides: of all groups.
        config_dir: the user's own tree, where the command named it.
    """
    given = [redact_override(text) for text in overrides if is_of_tracking(text)]
    return [*given, *(tree(config_dir) if config_dir and _names_store(Path(config_dir)) else [])]


def tree(config_dir: Path | str | None) -> list[str]:
    """``--config-dir``, where the command named the user's own tree."""
    return ["--config-dir", str(config_dir)] if config_dir else []


def _names_store(config_dir: Path) -> bool:
    return any((config_dir / name).exists() for name in ("train.yaml", GROUP))


def masked(overrides: Sequence[str]) -> list[str]:
    """The overrides with secrets, masked: they are not recorded, and have to be given again."""
    return [text for text in map(redact_override, overrides) if MASK in text]


def again(artifacts: Path) -> list[str]:
    """The words with which a command finds and builds a run.

    Args:
        artifacts: the run's.
    """
    run = recorded(artifacts)
    return [*of_store(run.overrides, run.config_dir), *allowed(run.allow)]


def recorded(artifacts: Path) -> Recorded:
    """What a run says of the command that made it."""
    try:
        about = json.loads((artifacts / "origins.json").read_text(encoding="utf-8"))
        overrides, allow = ([str(text) for text in about[name]] for name in ("overrides", "allow"))
        return Recorded(overrides, allow, str(about.get("config_dir", "")))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return Recorded()
