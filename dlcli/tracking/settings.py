"""What ``conf/tracking`` builds: where runs are recorded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MLflow:
    """Record runs in an MLflow store.

    Args:
        uri: any MLflow tracking URI; None means ``MLFLOW_TRACKING_URI`` where that is set, else
            SQLite in the folder of the runs.
        experiment: name of the MLflow experiment.
        offline: train even when the store cannot be reached, and deliver later.
    """

    uri: str | None = None
    experiment: str = "dlcli"
    offline: bool = False


@dataclass(frozen=True)
class NoTracking:
    """Record nothing but the run's own folder."""
