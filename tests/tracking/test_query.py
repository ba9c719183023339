"""A RUN means one run, or the refusal names the ones it may have meant."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from pathlib import Path

import pytest

from dlcli.errors import ConfigError
from dlcli.tracking.client import Recorder
from dlcli.tracking.query import RunRecord, Runs, experiments, find, list_runs, pick
from dlcli.tracking.ranking import best_first
from dlcli.tracking.run_record import Only
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.stored import from_sqlite


def record(number: int, name: str = "run", **more: object) -> RunRecord:
    values: dict[str, object] = {
        "id": f"{number:04x}" + "0" * 28,
        "name": name,
        "status": "FINISHED",
        "reason": "done",
        "started": float(number),
        "duration_s": 1.0,
        "metrics": {},
        "params": {},
        "tags": {"dlcli.mode.val/acc": "max", "dlcli.mode.val/loss": "min"},
        "folder": None,
        "experiment": "dlcli",
    }
    return RunRecord(**(values | more))  # type: ignore[arg-type]


RUNS = [
    record(0xE5, "evaluation", tags={"dlcli.kind": "evaluate"}, metrics={"val/acc": 0.99}),
    record(0xD4, "twin", metrics={"val/acc": math.nan, "val/loss": math.inf}),
    record(0xC3, "twin", metrics={"best/val/acc": 0.9, "val/acc": 0.1, "val/loss": 1.797693e308}),
    record(0xB2, "brisk-otter-1", metrics={"val/acc": 0.9, "val/loss": 0.2}),
    record(0xA1, "calm-fox-2", metrics={"val/acc": 0.5, "val/loss": 0.1}, experiment="other"),
]


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("latest", 0xD4),
        ("best:val/acc", 0xB2),  # as good as a later one, and older
        ("best:val/loss", 0xB2),
        ("brisk-otter-1", 0xB2),
        ("00b2", 0xB2),
        (RUNS[4].id, 0xA1),
    ],
)
def test_a_reference_means_one_run(reference: str, number: int) -> None:
    assert pick(RUNS, reference, "dlcli").started == number


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("twin", "RUN 'twin': 2 runs match; name one by its id: 00d40000, 00c30000"),
        (
            "brisk-oter-1",
            "RUN 'brisk-oter-1': no such run; did you mean brisk-otter-1?; see dlcli runs",
        ),
        ("best:val/ac", "RUN 'best:val/ac': no run has a finite 'val/ac'; did you mean val/acc?"),
        ("zzz", "RUN 'zzz': no such run; see dlcli runs"),
    ],
)
def test_a_reference_to_no_run_is_refused(reference: str, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        pick(RUNS, reference, "dlcli")
    assert str(refusal.value).replace("val/acc or val/loss", "val/acc") == message


def test_a_metric_without_a_direction_is_refused() -> None:
    runs = [record(1, metrics={"size": 1.0})]
    with pytest.raises(ConfigError, match="no run says whether a higher or a lower size is better"):
        pick(runs, "best:size", None)


def test_a_run_that_has_not_come_to_its_end_is_not_the_best() -> None:
    stopped = record(1, "stopped", status="KILLED", metrics={"best/val/acc": 0.7})
    diverged = record(2, "diverged", status="FAILED", reason="diverged", metrics={"val/acc": 0.9})
    pruned = record(3, "pruned", reason="pruned", metrics={"val/acc": 0.8})
    done = record(4, "done", metrics={"val/acc": 0.5})
    runs = [diverged, stopped, pruned, done]
    names = [one.name for one in best_first(runs, runs, "val/acc")]
    assert names == ["done", "pruned", "stopped", "diverged"]
    assert pick(runs, "best:val/acc", None).name == "done"
    assert pick(runs[:2], "best:val/acc", None).name == "stopped"
    with pytest.raises(ConfigError, match="best:val/acc': no run has a finite"):
        pick([diverged], "best:val/acc", None)


def test_an_empty_store_says_how_to_begin(tmp_path: Path) -> None:
    recorder = Recorder.start(MLflow(), tmp_path / "mlruns")
    with pytest.raises(ConfigError) as refusal:
        recorder.find("latest")
    recorder.close()
    assert str(refusal.value) == ("RUN 'latest': no runs are recorded here; start one: dlcli train")


def test_recorded_runs_are_listed_newest_first(root: Path) -> None:
    recorder = Recorder.start(MLflow(), root)
    first = recorder.create_run("first", {})
    first.log_params({"lr": 0.1})
    first.log_metrics({"val/acc": 0.5}, step=1)
    first.set_directions({"val/acc": "max"})
    first.finish("FINISHED", "done")
    second = recorder.create_run("second", {}, parent_id=first.id)
    second.log_metrics({"val/acc": 0.25}, step=1)
    newest, oldest = list_runs(MLflow(), root)
    assert recorder.find("best:val/acc").id == first.id
    second.finish("KILLED", "signal")
    recorder.close()
    assert (newest.name, newest.status, newest.duration_s) == ("second", "RUNNING", None)
    assert (newest.metrics, newest.parent_id) == ({"val/acc": 0.25}, first.id)
    assert (oldest.name, oldest.status, oldest.reason) == ("first", "FINISHED", "done")
    assert (oldest.params, oldest.metrics) == ({"lr": "0.1"}, {"val/acc": 0.5})
    assert oldest.folder == root / "runs" / first.id
    assert oldest.experiment == "dlcli"


def test_runs_recorded_in_their_folder_alone_are_found_beside_a_store(tmp_path: Path) -> None:
    alone = Recorder.start(NoTracking(), tmp_path)
    alone.create_run("alone", {}).finish("FINISHED", "done")
    assert [one.name for one in list_runs(MLflow(), tmp_path)] == ["alone"]
    assert find(MLflow(), tmp_path, "alone").folder is not None


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The folder of a store with the tables that are read of it: a sweep and its trial."""
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        database.executescript("""
            CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
            CREATE TABLE runs (run_uuid TEXT, name TEXT, status TEXT, start_time INTEGER,
                end_time INTEGER, experiment_id INTEGER, lifecycle_stage TEXT);
            CREATE TABLE tags (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE latest_metrics (run_uuid TEXT, key TEXT, value FLOAT, is_nan INTEGER);
            INSERT INTO experiments VALUES (0, 'Default', 'active'), (1, 'dlcli', 'active'),
                (2, 'gone', 'deleted');
            INSERT INTO runs VALUES ('aa', 'sweep', 'FINISHED', 1000, 9000, 1, 'active'),
                ('bb', 'trial', 'FINISHED', 2000, 3000, 1, 'active');
            INSERT INTO tags VALUES ('aa', 'dlcli.kind', 'sweep'), ('bb', 'dlcli.kind', 'trial'),
                ('bb', 'mlflow.parentRunId', 'aa'), ('bb', 'dlcli.reason', 'done'),
                ('bb', 'dlcli.mode.val/acc', 'max');
            INSERT INTO params VALUES ('bb', 'lr', '0.1');
            INSERT INTO latest_metrics VALUES ('bb', 'best/val/acc', 0.5, 0),
                ('bb', 'val/acc', 0.4, 0), ('aa', 'val/loss', 0, 1);
        """)
    return tmp_path


def test_only_what_is_asked_for_is_read(written: Path) -> None:
    path = written / "mlflow.db"
    trial, sweep = sorted(from_sqlite(path), key=lambda one: one.name, reverse=True)
    assert (trial.params, trial.metrics) == ({"lr": "0.1"}, {"best/val/acc": 0.5, "val/acc": 0.4})
    assert math.isnan(sweep.metrics["val/loss"])
    (light,) = from_sqlite(path, Only(metrics=["val/acc"], params=[], tags=["x"], runs=["bb", "c"]))
    assert (light.name, light.metrics, light.params, light.tags) == (
        "trial",
        {"val/acc": 0.4},
        {},
        {},
    )
    assert from_sqlite(path, Only(runs=[])) == []
    assert experiments(MLflow(), written) == ["Default", "dlcli"]


def test_a_run_is_found_and_then_read_as_a_whole(written: Path) -> None:
    runs = Runs(MLflow(), written)
    trial = runs.find("best:val/acc")
    assert (trial.name, trial.reason, trial.params) == ("trial", "done", {"lr": "0.1"})
    assert [one.params for one in runs.children(runs.find("sweep"))] == [{"lr": "0.1"}]
    above = runs.by_id(trial.parent_id)
    assert above is not None
    assert (above.name, above.duration_s, runs.by_id(None)) == ("sweep", 8.0, None)
    assert (runs.names(), runs.metrics()) == (["trial", "sweep"], ["val/acc", "val/loss"])


def test_runs_of_folders_alone_have_their_relatives_too(tmp_path: Path) -> None:
    recorder = Recorder.start(NoTracking(), tmp_path)
    parent = recorder.create_run("parent", {})
    recorder.create_run("child", {}, parent_id=parent.id).finish("FINISHED", "done")
    runs = Runs(NoTracking(), tmp_path)
    assert [one.name for one in runs.children(runs.find("parent"))] == ["child"]
    assert experiments(NoTracking(), tmp_path) == []
