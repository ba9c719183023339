"""A run that nobody sees: what MLflow imports and sets up at its first use is there afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dlcli.tracking.settings import MLflow
from dlcli.tracking.store import Store
from dlcli.tracking.template import kept_store
from dlcli.tracking.uri import resolve


def practise(experiment: str) -> None:
    """Record a run in a copy of the empty store of the cache; nothing where there is none.

    Args:
        experiment: whose name to make there.
    """
    with tempfile.TemporaryDirectory(prefix="dlcli-store-") as folder:
        copy = kept_store(Path(folder) / "spare.db")
        if copy is None:
            return
        target = resolve(MLflow(uri=f"sqlite:///{copy}"), copy.parent)
        store = Store(target, experiment, copy.parent)
        run = store.create_run("practice", 0, {})
        store.log(run.info.run_id, [("metric", 0.0, 0, 0)], {"param": ""}, {"tag": ""})
        store.set_status(run.info.run_id, "FINISHED", "", 0)
