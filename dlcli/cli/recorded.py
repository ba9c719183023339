"""The store that a command reads from, after what a crash left open there is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.config.store import store_root, tracking_settings
from dlcli.errors import ConfigError
from dlcli.tracking.settings import MLflow, NoTracking

if TYPE_CHECKING:
    from dlcli.tracking.query import Runs

Settings = MLflow | NoTracking


def reading(
    overrides: Sequence[str] = (), config_dir: Path | None = None, experiment: str | None = None
) -> tuple[Settings, Path]:
    """Which store is meant, and the folder of the runs; what was repaired is said on stderr.

    Args:
        overrides: of the store alone.
        config_dir: the user's own tree.
        experiment: the name of another experiment than the settings name.

    Raises:
        ConfigError: the settings cannot name a store, or there is no such experiment.
        StoreError: the store cannot be read.
    """
    settings, root = tracking_settings(overrides, config_dir), store_root()
    if experiment is not None:
        settings = of_experiment(settings, root, experiment)
    if any((root / "open").glob("*")):
        from dlcli.tracking.reconcile import reconcile

        output.warn(reconcile(settings, root))
    return settings, root


def runs_of(overrides: Sequence[str] = (), config_dir: Path | None = None) -> Runs:
    """The runs of the store that is meant.

    Args and errors: those of `reading`.
    """
    from dlcli.tracking.query import Runs

    return Runs(*reading(overrides, config_dir))


def of_experiment(settings: Settings, root: Path, name: str) -> Settings:
    """The settings, of another experiment.

    Raises:
        ConfigError: there is no such experiment.
        StoreError: the store cannot be read.
    """
    from dlcli.tracking.near import did_you_mean, nearest
    from dlcli.tracking.query import experiments

    known = experiments(settings, root)
    if isinstance(settings, MLflow) and name in known:
        return replace(settings, experiment=name)
    near = did_you_mean(nearest(name, known))
    there = f"; there are {', '.join(known)}" if known and not near else ""
    raise ConfigError(f"--experiment {name}: no such experiment is recorded here{near or there}")
