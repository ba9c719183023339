"""Each sweep has a view in MLflow's UI: what was searched, the objective, the best first."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from dlcli.tracking.views import KEY, TAG, save_views, view

TAGS = {
    "dlcli.searched": '["optimizer.lr", "model"]',
    "dlcli.objective": "val/acc, cost/params",
    "dlcli.mode.val/acc": "max",
}
ID = "a" * 32


def state(tags: dict[str, str]) -> dict[str, Any]:
    text = view("s", ID, 1_000, tags)
    assert text is not None
    saved = json.loads(text)
    assert (saved["name"], saved["createdAt"], saved["updatedAt"]) == ("sweep s", 1_000, 1_000)
    return json.loads(saved["state"])


def test_a_view_shows_exactly_what_was_searched_and_the_objectives():
    (chart,) = state(TAGS)["compareRunCharts"]
    assert chart["type"] == "PARALLEL"
    assert chart["selectedParams"] == ["optimizer.lr", "model"]
    assert chart["selectedMetrics"] == ["best/val/acc", "cost/params"]


def test_a_view_holds_the_trials_alone_the_best_first():
    found = state(TAGS)
    assert found["searchFilter"] == f"tags.`mlflow.parentRunId` = '{ID}'"
    assert (found["orderByKey"], found["orderByAsc"]) == ("metrics.`best/val/acc`", False)
    assert state(TAGS | {"dlcli.mode.val/acc": "min"})["orderByAsc"] is True


def test_a_view_has_columns_for_the_same():
    assert state(TAGS)["selectedColumns"] == [
        "metrics.`best/val/acc`",
        "metrics.`cost/params`",
        "params.`optimizer.lr`",
        "params.`model`",
    ]


@pytest.mark.parametrize(
    "tags", [{}, {"dlcli.objective": "val/acc"}, TAGS | {"dlcli.searched": "9000 characters, …"}]
)
def test_a_sweep_that_does_not_say_what_it_searched_has_no_view(tags):
    assert view("s", ID, 0, tags) is None


def test_a_view_too_long_for_a_store_is_left_out():
    keys = json.dumps([f"model.layers.{number:03d}" for number in range(200)])
    assert view("s", ID, 0, TAGS | {"dlcli.searched": keys}) is None


class Client:
    """A store with two sweeps, of which one has a view that a person changed."""

    def __init__(self) -> None:
        self.tags = {TAG + KEY + "b": "mine", TAG + KEY + "gone": "old", TAG + "other": "theirs"}

    def get_experiment_by_name(self, name: str) -> Any:
        return SimpleNamespace(experiment_id="7", tags=dict(self.tags))

    def search_runs(self, *_: Any, **__: Any) -> list[Any]:
        data = SimpleNamespace(tags=TAGS)
        return [
            SimpleNamespace(
                info=SimpleNamespace(run_id=name, run_name=f"sweep-{name}", start_time=start),
                data=data,
            )
            for start, name in enumerate("ab")
        ]

    def set_experiment_tag(self, _: str, key: str, text: str) -> None:
        self.tags[key] = text

    def delete_experiment_tag(self, _: str, key: str) -> None:
        del self.tags[key]


def test_views_are_added_for_new_sweeps_and_removed_for_those_that_are_gone():
    client = Client()
    pages = save_views(SimpleNamespace(client=client, experiment="dlcli"))  # type: ignore[arg-type]
    page = "#/experiments/7/runs?workflowType=machine_learning&compareRunsMode=CHART"
    assert pages == {
        f"sweep-{name}": f"{page}&viewStateShareKey=sweep-{name}" for name in ("b", "a")
    }
    assert list(pages) == ["sweep-b", "sweep-a"]
    assert client.tags.keys() == {TAG + KEY + "a", TAG + KEY + "b", TAG + "other"}
    assert client.tags[TAG + KEY + "b"] == "mine"
