"""What a run logs is in the store, whole, whatever its shape."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.errors import ConfigError
from dlcli.tracking import spool
from dlcli.tracking.client import Recorder
from dlcli.tracking.reconcile import reconcile
from dlcli.tracking.run import flatten
from dlcli.tracking.settings import MLflow

Rows = Callable[[str], list[tuple[object, ...]]]


def test_a_run_is_recorded_whole(recorder: Recorder, root: Path, rows: Rows) -> None:
    parent = recorder.create_run("parent", {})
    run = recorder.create_run("child", {"kind": "x"}, parent.id)
    run.log_params({"model": {"depth": 2, "act": None}, "long": "x" * 7000})
    run.log_params({f"p{i:03}": i for i in range(300)})
    run.log_metrics({f"m{i:04}": i for i in range(2500)}, step=0)
    run.log_metrics({"odd%": math.nan, "high": math.inf}, step=1, flush=True)
    run.set_tags({"long": "y" * 9000})
    assert run.finish("FAILED", "diverged")
    assert run.delivered

    mine = f"WHERE run_uuid = '{run.id}'"
    assert rows(f"SELECT name, status FROM runs {mine}") == [("child", "FAILED")]
    assert rows(f"SELECT count(*) FROM params {mine}") == [(303,)]
    assert rows(f"SELECT value FROM params {mine} AND key = 'long'") == [
        ("7000 characters, whole in artifact long_params.json",)
    ]
    assert json.loads((run.artifacts / "long_params.json").read_text()) == {"long": "x" * 7000}
    assert rows(f"SELECT count(*) FROM metrics {mine}") == [(2502,)]
    assert rows(f"SELECT is_nan FROM metrics {mine} AND key = 'odd_'") == [(1,)]
    tags = {str(row[0]): row[1] for row in rows(f"SELECT key, value FROM tags {mine}")}
    assert tags["mlflow.parentRunId"] == parent.id
    assert (tags["kind"], tags["dlcli.reason"]) == ("x", "diverged")
    assert tags["long"] == "9000 characters, whole in artifact long_tags.json"
    assert rows(f"SELECT artifact_uri FROM runs {mine}") == [(run.artifacts.as_uri(),)]
    assert sorted(path.name for path in (root / "open").iterdir()) == [parent.id]
    parent.finish("FINISHED", "done")


def test_a_run_is_its_owners_while_another_start_looks_around(root: Path) -> None:
    recorder = Recorder.start(MLflow(), root)
    for _ in range(3):
        run = recorder.create_run(None, {})
        assert reconcile(MLflow(), root) == []
        assert run.finish("FINISHED", "done")
    recorder.close()
    assert recorder.notices == []


def test_nothing_is_created_before_a_run(tmp_path: Path) -> None:
    recorder = Recorder.start(MLflow(), tmp_path / "mlruns")
    with pytest.raises(ConfigError, match="--name 'a/b'"):
        recorder.create_run("a/b", {})
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_tracking_has_its_folder(folder_only: Recorder) -> None:
    run = folder_only.create_run("plain", {"kind": "x"})
    run.log_params({"lr": 0.1})
    run.log_metrics({"val/acc": 0.5}, step=3)
    assert run.finish("FINISHED", "done")
    found = folder_only.find("plain")
    assert (found.id, found.status, found.reason) == (run.id, "FINISHED", "done")
    assert (found.params, found.metrics) == ({"lr": "0.1"}, {"val/acc": 0.5})
    assert found.tags == {"kind": "x"}
    assert (folder_only.root / ".gitignore").read_text() == "*\n"
    assert list((folder_only.root / "open").iterdir()) == []


def test_a_run_without_tracking_is_resumed(folder_only: Recorder) -> None:
    run = folder_only.create_run("plain", {})
    run.finish("KILLED", "signal")
    again = folder_only.reopen_run("plain")
    assert folder_only.find("plain").status == "RUNNING"
    again.finish("FINISHED", "done")
    assert again.id == run.id
    assert folder_only.find("latest").status == "FINISHED"


def test_metrics_that_would_be_recorded_as_one_are_refused(folder_only: Recorder) -> None:
    run = folder_only.create_run(None, {})
    run.log_metrics({"loss%": 1.0}, step=0)
    with pytest.raises(ConfigError, match="both be recorded as 'loss_'"):
        run.log_metrics({"loss$": 1.0}, step=0)


def test_logging_costs_less_than_opening_a_file(folder_only: Recorder, tmp_path: Path) -> None:
    run = folder_only.create_run(None, {})

    def cost(action: Callable[[], object]) -> float:
        start = time.perf_counter()
        for _ in range(300):
            action()
        return time.perf_counter() - start

    logged = cost(lambda: run.log_metrics({"train/loss": 0.5, "train/acc": 0.5}, step=1))
    opened = cost(lambda: (tmp_path / "file").write_text("x"))
    assert logged < 3 * opened


def test_finishing_twice_keeps_the_first_word(folder_only: Recorder) -> None:
    run = folder_only.create_run("plain", {})
    run.finish("FAILED", "oom")
    run.finish("FINISHED", "done")
    assert folder_only.find("plain").reason == "oom"


def test_nested_parameters_become_dotted_names() -> None:
    assert flatten({"a": {"b": 1, "c": {}}, "d": [1, 2]}) == {
        "a.b": "1",
        "a.c": "{}",
        "d": "[1, 2]",
    }


def test_a_resumed_run_does_not_log_again_what_it_has(folder_only: Recorder) -> None:
    run = folder_only.create_run("plain", {})
    run.log_metrics({"val/loss": 0.5, "val/acc": math.nan}, step=1)
    run.finish("KILLED", "signal")
    again = folder_only.reopen_run("plain")
    again.log_metrics({"val/loss": 0.5, "val/acc": math.nan, "val/f1": 1.0}, step=1)
    again.log_metrics({"val/loss": 0.4}, step=1)
    lines = [line for line, _ in spool.read(again.folder / "spool.jsonl")]
    assert [line["values"] for line in lines if line["kind"] == "metric"] == [
        {"val/loss": 0.5, "val/acc": "nan"},
        {"val/f1": 1.0},
        {"val/loss": 0.4},
    ]
