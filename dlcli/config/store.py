"""Which store the commands beside training look at, without composing more than they need."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from dlcli.config.point import Unwritable, value_text
from dlcli.config.redact import redact_override
from dlcli.errors import ConfigError
from dlcli.tracking.settings import MLflow, NoTracking

GROUP = "tracking"
TARGETS: dict[str, type[MLflow] | type[NoTracking]] = {
    "dlcli.tracking.settings.MLflow": MLflow,
    "dlcli.tracking.settings.NoTracking": NoTracking,
}


def store_root() -> Path:
    """The folder of the runs."""
    return Path("mlruns").absolute()


def tracking_settings(
    overrides: Sequence[str] = (), config_dir: Path | None = None
) -> MLflow | NoTracking:
    """Where runs are recorded by the configuration of the working folder.

    Args:
        overrides: of the group tracking alone.
        config_dir: the user's own tree.

    Raises:
        ConfigError: an override of another group, or a configuration that cannot be used.
    """
    other = [text for text in overrides if not is_of_tracking(text)]
    if other:
        shown = redact_override(other[0])
        raise ConfigError(f"override {shown}: only the store is asked for here: tracking.uri=…")
    written = None if overrides else _as_written(config_dir)
    return written or _composed(overrides, config_dir)


def leading_to(node: Mapping[str, Any]) -> list[str]:
    """The overrides with which a command finds a store; none for the working folder's own.

    Args:
        node: of the group tracking.

    Raises:
        ConfigError: a value that no override can hold.
    """
    usual: MLflow | NoTracking | None = None
    with contextlib.suppress(ConfigError):  # whoever needs it next says what is wrong
        usual = tracking_settings()
    if TARGETS.get(str(node.get("_target_"))) is not MLflow:
        return [] if isinstance(usual, NoTracking) else [f"{GROUP}=none"]
    base = usual if isinstance(usual, MLflow) else MLflow()
    own = {name: node.get(name) for name in ("uri", "experiment")}
    told = [_override(k, v) for k, v in own.items() if v != getattr(base, k)]
    return told if base is usual else [f"{GROUP}=mlflow", *told]


def _override(name: str, value: Any) -> str:
    try:
        return f"{GROUP}.{name}={value_text(value)}"
    except Unwritable:  # which shows the value, and a URI may hold a password
        problem = "a line break or a NUL in it, which no override can have; take it out"
        raise ConfigError(f"{GROUP}.{name}: {problem}") from None


def is_of_tracking(override: str) -> bool:
    """Whether an override is about where runs are recorded."""
    key = override.lstrip("+~").partition("=")[0]
    return key == GROUP or key.startswith(f"{GROUP}.")


def _as_written(config_dir: Path | None) -> MLflow | NoTracking | None:
    """The settings straight from their file; None where it takes Hydra to tell what they are."""
    from dlcli.config.folders import project, search_path
    from dlcli.config.repository import Repository

    repository = Repository(search_path(config_dir or project(Path.cwd()).config_dir))
    root = repository.file("train")
    if root is None or GROUP in root.values:
        return None
    chosen: dict[Any, Any] = {
        key: value
        for item in root.defaults
        if isinstance(item, dict)
        for key, value in item.items()
    }
    file = repository.file(f"{GROUP}/{chosen.get(GROUP)}")
    if chosen.get("experiment") or file is None or file.defaults or "${" in str(file.values):
        return None
    values = dict(file.values)
    target = TARGETS.get(values.pop("_target_", ""))
    if target is None or not {field.name for field in fields(target)}.issuperset(values):
        return None
    return target(**values)


def _composed(overrides: Sequence[str], config_dir: Path | None) -> MLflow | NoTracking:
    from dlcli.config.compose import compose
    from dlcli.config.instantiate import instantiate

    config = compose("train", overrides, config_dir)
    settings: MLflow | NoTracking = instantiate(config.values[GROUP], config.allow)
    return settings
