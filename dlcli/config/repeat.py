"""What a command is given once more that goes on from what another one recorded."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from dlcli.config.folders import project
from dlcli.config.redact import redact_override
from dlcli.config.store import is_of_tracking
from dlcli.errors import ConfigError


def allowed(packages: Sequence[str]) -> list[str]:
    """``--allow`` for each package that the project of the working folder does not name."""
    known: tuple[str, ...] = ()
    with contextlib.suppress(ConfigError):  # whoever reads it next says what is wrong
        known = project(Path.cwd()).allow
    return [word for name in packages if name not in known for word in ("--allow", name)]


def of_store(overrides: Sequence[str]) -> list[str]:
    """The overrides that say where it was recorded, secrets masked."""
    return [redact_override(text) for text in overrides if is_of_tracking(text)]


def again(artifacts: Path) -> list[str]:
    """The words with which a command finds and builds a run.

    Args:
        artifacts: the run's.
    """
    overrides, packages = recorded(artifacts)
    return [*of_store(overrides), *allowed(packages)]


def recorded(artifacts: Path) -> tuple[list[str], list[str]]:
    """The overrides and the packages of a run; none where it does not say."""
    try:
        about = json.loads((artifacts / "origins.json").read_text(encoding="utf-8"))
        return [str(text) for text in about["overrides"]], [str(name) for name in about["allow"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return [], []
