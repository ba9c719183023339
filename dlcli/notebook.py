"""What is there for notebooks: recorded runs as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlcli.config.store import store_root, tracking_settings
from dlcli.tracking.settings import MLflow

if TYPE_CHECKING:
    import pandas

    from dlcli.tracking.query import RunRecord


def runs(last: int | None = None, experiment: str | None = None) -> pandas.DataFrame:
    """The runs recorded in the working folder, newest first, one row a run.

    Columns are ``run_id``, ``run_name``, ``kind``, ``status``, ``started``, ``duration_s`` and
    others of their kind, then ``params.optimizer.lr`` and the like, and ``metrics.test/acc``.

    Args:
        last: only the newest of them.
        experiment: the MLflow experiment; else the one of the configuration.

    Raises:
        DlcliError: the store cannot be read.
    """
    from dlcli.comparison.frame import frame

    return frame(_recorded(experiment)[:last])


def _recorded(experiment: str | None) -> list[RunRecord]:
    from dlcli.tracking.query import list_runs

    settings = tracking_settings()
    if experiment is not None and isinstance(settings, MLflow):
        settings = replace(settings, experiment=experiment)
    return list_runs(settings, store_root())
