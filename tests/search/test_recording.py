"""A sweep is one parent run and one run a trial, whoever dies when."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlcli.search import parent
from dlcli.search.folder import SweepFolder
from dlcli.search.recording import SweepRecording
from dlcli.search.summary import summarize
from dlcli.search.trial import Result
from dlcli.tracking.client import Recorder
from dlcli.tracking.history import read_history
from dlcli.tracking.query import RunRecord, list_runs, pick
from dlcli.tracking.run import open_run
from dlcli.tracking.settings import NoTracking
from tests.search.sweeps import FakeStudy, frozen, make_folder, point, some, trial

DONE = Result("complete", "finished", {"val/loss": 0.5})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "mlruns"


def opened(root: Path, **about: Any) -> SweepRecording:
    """The record of a sweep as a new process opens it."""
    what = frozen(**about)
    folder = SweepFolder(root, what.name)
    if not folder.exists:
        make_folder(root, what)
    return SweepRecording.open(Recorder.start(NoTracking(), root), folder, what)


def died(record: SweepRecording) -> None:
    """What the death of the coordinator's process comes to."""
    record._run.release()
    for run_id in record._recorder._children:
        record._recorder._children.discard(run_id)


def runs(root: Path) -> dict[str, RunRecord]:
    return {one.name: one for one in list_runs(NoTracking(), root)}


def test_a_trial_is_a_child_with_its_parameters(root: Path) -> None:
    record = opened(root)
    run_id = record.begin(7, point(7))
    record.end(7, run_id, DONE)
    found = runs(root)["digits-lr-0007"]
    assert (found.id, found.parent_id) == (run_id, record.id)
    assert (found.status, found.reason) == ("FINISHED", "finished")
    assert found.params == {key: str(value) for key, value in point(7).items()}
    kind = {key: found.tags[key] for key in (parent.KIND, parent.NAME, parent.NUMBER)}
    assert list(kind.values()) == ["trial", "digits-lr", "7"]


def test_the_parent_says_what_was_searched_and_what_all_trials_share(root: Path) -> None:
    record = opened(root)
    found = runs(root)["digits-lr"]
    assert found.params == {"seed": "0", "optimizer.momentum": "0.9"}
    assert found.tags["dlcli.kind"] == "sweep"
    assert found.tags["dlcli.mode.val/loss"] == "min"
    assert found.tags["mlflow.source.git.commit"] == "c0ffee"
    assert found.tags["dlcli.space"] == (
        "model: cnn, rnn; optimizer.lr: 0.0001 to 0.1, by the logarithm; model.layers: 1 to 4"
    )
    assert json.loads((record.artifacts / "sweep.json").read_text())["name"] == "digits-lr"
    assert (record.artifacts / "git.diff").read_text() == "+1\n"


def test_the_parent_says_from_its_start_which_options_it_has(root: Path) -> None:
    opened(root)
    tags = runs(root)["digits-lr"].tags
    assert tags["dlcli.choice.data"] == "digits"
    assert tags["dlcli.choice.model"] == "searched"


def test_the_recorded_command_names_the_packages_and_the_tree_that_it_was_given() -> None:
    about = replace(frozen(), allow=["mine"], config_dir="my conf")
    searched = "optimizer.lr=tag(log, interval(1e-4, 1e-1))"
    options = ["--name", "digits-lr", "--allow", "mine", "--config-dir", "my conf"]
    assert about.command == ["sweep", "data=digits", searched, *options]


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (DONE, "FINISHED", "finished"),
        (Result("pruned", "pruned", {}), "FINISHED", "pruned"),
        (Result("failed", "oom", {}), "FAILED", "oom"),
    ],
)
def test_a_run_ends_as_its_trial_did(root: Path, result: Result, status: str, reason: str) -> None:
    record = opened(root)
    run_id = record.begin(0, point(0))
    for _ in range(2):
        record.end(0, run_id, result)
    found = runs(root)["digits-lr-0000"]
    assert (found.status, found.reason) == (status, reason)


def test_an_interrupted_trial_goes_on_under_its_run(root: Path) -> None:
    record = opened(root)
    run_id = record.begin(0, point(0))
    record.interrupted(0, run_id)
    record.stopped()
    assert [one.status for one in runs(root).values()] == ["KILLED", "KILLED"]
    again = opened(root)
    assert again.id == record.id
    again.go_on(0, run_id)
    open_run(root, run_id).release()
    assert [one.status for one in runs(root).values()] == ["RUNNING", "RUNNING"]
    again.end(0, run_id, DONE)
    assert runs(root)["digits-lr-0000"].reason == "finished"


def test_runs_that_were_made_and_not_noted_are_found(root: Path) -> None:
    record = opened(root)
    run_id = record.begin(3, point(3))
    assert record.find(3) is None  # of a new sweep, all runs are noted
    died(record)
    (root / "sweeps" / "digits-lr" / "parent").unlink()
    again = opened(root)
    assert again.id == record.id
    assert (again.find(3), again.find(4)) == (run_id, None)


def test_a_parent_that_somebody_removed_is_made_anew(root: Path) -> None:
    record = opened(root)
    died(record)
    (root / "runs" / record.id / "run.json").unlink()
    assert opened(root).id != record.id


def test_the_course_is_told_in_the_order_of_the_trials(root: Path) -> None:
    record = opened(root)
    ids = [record.begin(number, point(number)) for number in range(4)]
    values = [0.5, None, 0.4, 0.6]
    results = [
        Result("failed", "error", {}) if v is None else Result("complete", "", {"val/loss": v})
        for v in values
    ]
    for number in (2, 0, 3):
        record.end(number, ids[number], results[number])
    assert read_history(record._run.folder)["best/val/loss"] == [(0, 0.5)]
    died(record)
    again = opened(root)
    for number in (3, 2, 1, 0):
        again.end(number, ids[number], results[number])
    series = read_history(again._run.folder)
    assert series["best/val/loss"] == [(0, 0.5), (1, 0.5), (2, 0.4), (3, 0.4)]
    assert series["trials/complete"] == [(0, 1.0), (1, 1.0), (2, 2.0), (3, 3.0)]
    assert series["trials/failed"] == [(0, 0.0), (1, 1.0), (2, 1.0), (3, 1.0)]


def test_a_trial_of_a_long_name_has_a_name_that_is_allowed(root: Path) -> None:
    record = opened(root)
    object.__setattr__(record._frozen, "name", "n" * 100)
    record.begin(12345, point(1))
    assert f"{'n' * 94}-12345" in runs(root)


def test_the_parent_ends_with_tables_figures_and_the_best(root: Path) -> None:
    record = opened(root)
    folder = SweepFolder(root, "digits-lr")
    study = FakeStudy(some(6, ("complete", "pruned", "failed")), shares={"model": 1.0})
    for one in study.made:
        run_id = record.begin(one.number, one.params)
        folder.trial(one.number).create(one.params, run_id=run_id)
        values = {"val/loss": one.values[0]} if one.values else {}
        record.end(one.number, run_id, Result(one.state, one.reason, values))  # type: ignore[arg-type]
    summary = summarize(study, folder, record._frozen)  # type: ignore[arg-type]
    best = summary["best"]
    (folder.path / "best.yaml").write_text("seed: 0\n")
    for _ in range(2):
        record.log_test(best["number"], best["run_id"], {"test/acc": 0.9})
    assert record.finish(study, summary, {"test/acc": 0.9}, "finished")  # type: ignore[arg-type]
    assert record._recorder.notices == []
    names = sorted(path.name for path in record.artifacts.iterdir())
    assert names == [
        "best.yaml",
        "figures",
        "git.diff",
        "summary.json",
        "sweep.json",
        "trials.csv",
    ]
    lines = (record.artifacts / "trials.csv").read_text().splitlines()
    header = "trial,state,reason,val/loss,model,optimizer.lr,model.layers,seconds,run_id"
    assert (lines[0], len(lines)) == (header, 7)
    assert lines[1].split(",")[:5] == ["0", "complete", "finished", "0.8", "cnn"]
    found = runs(root)
    assert (found["digits-lr"].status, found["digits-lr"].reason) == ("FINISHED", "finished")
    assert found["digits-lr"].metrics["best/val/loss"] == best["value"]
    assert found["digits-lr"].tags["dlcli.best.trial"] == str(best["number"])
    assert found[f"digits-lr-{best['number']:04}"].metrics == {"test/acc": 0.9}


def test_a_sweep_in_which_nothing_is_complete_is_a_failed_run(root: Path) -> None:
    record = opened(root)
    study = FakeStudy([trial(0, "failed")])
    folder = SweepFolder(root, "digits-lr")
    summary = summarize(study, folder, record._frozen)  # type: ignore[arg-type]
    record.finish(study, summary, {}, "finished")  # type: ignore[arg-type]
    found = runs(root)["digits-lr"]
    assert (found.status, found.reason) == ("FAILED", "none complete")


def test_a_figure_that_cannot_be_drawn_fails_no_sweep(root: Path) -> None:
    record = opened(root)
    study = FakeStudy([trial(0, "complete", 0.5)], shares={"model": float("nan")})
    (record.artifacts / "figures").write_text("in the way")
    folder = SweepFolder(root, "digits-lr")
    summary = summarize(study, folder, record._frozen)  # type: ignore[arg-type]
    assert record.finish(study, summary, {}, "finished")  # type: ignore[arg-type]
    (line,) = record._recorder.notices
    assert line.startswith("the figures of the sweep could not be drawn: FileExistsError")


def test_latest_and_best_pass_over_the_parent(root: Path) -> None:
    record = opened(root)
    run_id = record.begin(0, point(0))
    run = open_run(root, run_id)
    run.log_metrics({"val/loss": 0.5}, 1)
    run.release()
    record.end(0, run_id, DONE)
    records = list_runs(NoTracking(), root)
    assert pick(records, "latest", None).id == run_id
    assert pick(records, "best:val/loss", None).id == run_id
