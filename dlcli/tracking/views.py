"""Saved views of MLflow's own UI: a sweep's trials with what was searched and the objective.

MLflow keeps a saved view as a tag of the experiment, a JSON text that only its UI reads (3.17:
``viewStateShareKey`` in the address, "Views" on the page). Its comparison of selected runs offers
three parameters at most; a view has them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlcli.tracking.names import clean_key

if TYPE_CHECKING:
    from mlflow.entities import Experiment

    from dlcli.tracking.store import Store

TAG = "mlflow.sharedViewState."
KEY = "sweep-"  # then the id of the parent run
MOST = 200  # sweeps that have a view, the newest
LONGEST = 5000  # characters that a store takes as a tag of an experiment
TRAINING = "workflowType=machine_learning"  # hides what MLflow has for language models


def save_views(store: Store) -> dict[str, str]:
    """Give each sweep of the store's experiment a view, and remove those of sweeps that are gone.

    Returns:
        The view's address below the UI's for each sweep by name, the newest first; of two of one
        name the newer.

    Raises:
        StoreError: the store cannot be used.
    """
    experiment = store.client.get_experiment_by_name(store.experiment)
    assert experiment is not None  # opening the store makes it
    views: dict[str, tuple[str, str]] = {}
    for run in _sweeps(store, experiment.experiment_id):
        name = run.info.run_name
        text = view(name, run.info.run_id, run.info.start_time, run.data.tags)
        if text is not None:
            views[f"{KEY}{run.info.run_id}"] = (name, text)
    _write(store, experiment, {f"{TAG}{key}": text for key, (_, text) in views.items()})
    page = f"{runs_page(experiment)}&compareRunsMode=CHART&viewStateShareKey="
    return {name: page + key for key, (name, _) in reversed(views.items())}


def runs_page(experiment: Experiment) -> str:
    """Where the UI shows the runs of an experiment."""
    return f"#/experiments/{experiment.experiment_id}/runs?{TRAINING}"


def view(name: str, run_id: str, created: int, tags: Mapping[str, str]) -> str | None:
    """The view of a sweep as MLflow keeps it; None where the sweep does not say what it searched.

    Args:
        name: of the sweep.
        run_id: of its parent run.
        created: milliseconds since 1970.
        tags: of its parent run.
    """
    objective = tags.get("dlcli.objective", "")
    try:
        params = [clean_key(str(key)) for key in json.loads(tags.get("dlcli.searched", "[]"))]
    except ValueError:  # a space too long for a tag
        return None
    if not params or not objective:
        return None
    state = _state(run_id, params, [score(one) for one in objective.split(", ")])
    state["orderByAsc"] = tags.get(f"dlcli.mode.{objective.split(', ')[0]}") != "max"
    about = {"name": f"sweep {name}", "createdAt": created, "updatedAt": created}
    text = json.dumps({**about, "state": json.dumps(state)})
    return text if len(text) <= LONGEST else None


def score(objective: str) -> str:
    """The metric of a trial that says how good it is: that at its best checkpoint."""
    return f"best/{objective}" if objective.startswith("val/") else objective


def _state(run_id: str, params: list[str], metrics: list[str]) -> dict[str, Any]:
    section = {"uuid": "dlcli", "name": "Sweep", "columns": 1, "display": True, "deleted": False}
    parallel = {
        "type": "PARALLEL",
        "uuid": "dlcli-parallel",
        "metricSectionId": "dlcli",
        "selectedParams": params,
        "selectedMetrics": metrics,
        "showAllRuns": True,
        "deleted": False,
        "isGenerated": False,
    }
    return {
        "searchFilter": f"tags.`mlflow.parentRunId` = '{run_id}'",
        "orderByKey": f"metrics.`{metrics[0]}`",
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "modelVersionFilter": "All Runs",
        "datasetsFilter": [],
        "selectedColumns": [
            *(f"metrics.`{m}`" for m in metrics),
            *(f"params.`{p}`" for p in params),
        ],
        "isAccordionReordered": True,  # else the sections are sorted by their names
        "compareRunSections": [{**section, "isReordered": True, "isGenerated": False}],
        "compareRunCharts": [parallel],
    }


def _sweeps(store: Store, experiment_id: str) -> list[Any]:
    """The parent runs of the newest sweeps, the newest last."""
    found = store.client.search_runs(
        [experiment_id], "tags.`dlcli.kind` = 'sweep'", max_results=MOST
    )
    return sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))


def _write(store: Store, experiment: Experiment, tags: Mapping[str, str]) -> None:
    known = {key: text for key, text in experiment.tags.items() if key.startswith(TAG + KEY)}
    for key, text in tags.items():
        if key not in known:  # else a person may have saved another over it
            store.client.set_experiment_tag(experiment.experiment_id, key, text)
    for key in known.keys() - tags.keys():
        store.client.delete_experiment_tag(experiment.experiment_id, key)
