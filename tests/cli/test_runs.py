"""``dlcli runs``: what was recorded, newest first, also after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.cli.runs import print_runs
from dlcli.comparison.scores import telling
from dlcli.tracking.client import Recorder
from dlcli.tracking.folder import RunFolder, RunInfo, make_root
from dlcli.tracking.owner import Owner
from dlcli.tracking.query import RunRecord
from dlcli.tracking.settings import NoTracking
from tests.conftest import Trained


def record(name: str, **changes: object) -> RunRecord:
    values = {
        "id": "0123456789abcdef" * 2,
        "name": name,
        "status": "FINISHED",
        "reason": "finished",
        "started": 1_790_000_000.0,
        "duration_s": 3725.0,
        "metrics": {"test/acc": 0.98, "test/loss": 0.1234567, "best/val/acc": 0.97, "lr": 0.1},
        "params": {},
        "tags": {"dlcli.choice.model": "cnn", "dlcli.choice.data": "digits"},
        "folder": None,
    }
    return RunRecord(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_json_holds_the_scores_at_the_best_checkpoint(trained: Trained, dlcli, monkeypatch):
    monkeypatch.chdir(trained.folder)
    (run,) = dlcli("runs", "--json").json["runs"]
    assert (run["run_id"], run["run_name"]) == (trained.result["run_id"], "first")
    known = trained.result["metrics"].items()
    assert run["metrics"] == {n.replace("val/", "best/val/"): value for n, value in known}
    assert (run["status"], run["kind"], run["model"]) == ("FINISHED", "train", "linear")


def test_a_run_of_a_written_out_configuration_is_told_by_its_classes(capsys):
    params = {
        "model._target_": "dlcli.models.supervised.Supervised",
        "model.net._target_": "dlcli.nets.cnn.CNN",
        "data._target_": "dlcli.data.digits.Digits",
    }
    print_runs([record("a", tags={}, params=params, metrics={})])
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split()[-2:] == ["model", "data"]
    assert line.split()[-2:] == ["CNN", "Digits"]


def test_a_table_has_scores_before_losses(capsys, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_790_007_300.0)
    failed = record("b", status="FAILED", reason="diverged", metrics={}, duration_s=None)
    print_runs([failed, record("a")])
    heading, first, second = capsys.readouterr().out.splitlines()
    expected = "name id status age took model data test/acc val/acc test/loss"
    assert heading.split() == expected.split()
    assert first.split()[:4] == ["b", "01234567", "failed", "(diverged)"]
    assert first.endswith("2 h ago             cnn    digits")
    assert second.split()[-3:] == ["0.98", "0.97", "0.1235"]
    assert "1 h 2 min" in second


def test_a_narrow_terminal_keeps_what_tells_most(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    print_runs([record("happy-otter-123")])
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "status", "age", "model", "test/acc"]
    assert len(line) <= 60


def test_runs_of_several_tasks_have_one_column_for_the_score_of_each(capsys):
    text = {"test/perplexity": 5.4321, "test/loss": 1.69, "best/val/loss": 1.7}
    print_runs([record("a", metrics=text), record("b"), record("c", metrics={"train/loss": 1.0})])
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split()[-2:] == ["data", "score"]
    assert [line.partition("digits")[2].strip() for line in lines] == [
        "test/perplexity 5.432",
        "test/acc 0.98",
        "",
    ]


def test_a_metric_to_sort_by_is_the_first_that_is_shown(capsys):
    print_runs([record("a"), record("b", metrics={"test/acc": 0.9})], "best/lr")
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split()[7:] == ["lr", "test/acc", "val/acc", "test/loss"]
    assert (first.split()[-4:], second.split()[-1]) == (["0.1", "0.98", "0.97", "0.1235"], "0.9")


@pytest.fixture
def four(folder: Path) -> None:
    """Runs recorded in their folders alone: three trainings, the first one failed, and a trial."""
    recorder = Recorder.start(NoTracking(), folder / "mlruns")
    for number, kind in enumerate(("train", "train", "trial", "train")):
        run = recorder.create_run(f"run-{number}", {"dlcli.kind": kind})
        run.set_directions({"val/acc": "max"})
        run.log_params({"optimizer": {"lr": 0.1 * number}})
        if number:
            run.log_metrics({"val/acc": 0.5, "best/val/acc": 1 - 0.1 * number}, step=1)
        run.finish("FINISHED" if number else "FAILED", "")
    recorder.close()


@pytest.mark.parametrize(
    ("options", "names", "notes"),
    [
        (
            ["--sort", "val/acc"],
            "130",
            "1 trial of a sweep is not shown; to see them, too: --trials\n",
        ),
        (["--sort", "val/acc", "--trials"], "1230", ""),
        (["--last", "2"], "31", ""),
        (["--limit", "1"], "3", ""),
        (["-n", "2", "--trials"], "32", ""),
        (["--where", "metrics.`best/val/acc` > 0.75", "--trials"], "21", ""),
        (["--where", "params.`optimizer.lr` = '0.1' and status = 'FINISHED'"], "1", ""),
        (
            ["--where", "metrics.`val/acc` > 0.5", "--trials"],
            "",
            "no run matches\nmetrics.`val/acc` > 0.5: 0 of 4 runs\n",
        ),
        (
            ["--where", "metrics.`best/val/acc` = 0.8"],
            "",
            "1 trial of a sweep is not shown; to see them, too: --trials\n",
        ),
    ],
)
@pytest.mark.usefixtures("four")
def test_runs_are_chosen_and_sorted(dlcli, options, names, notes):
    done = dlcli("runs", "tracking=none", *options)
    _, *lines = done.stdout.splitlines() or [""]
    assert "".join(line.split()[0].removeprefix("run-") for line in lines) == names
    assert (done.status, done.stderr) == (0, notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--sort", "val/ac"],
            "--sort val/ac: no run has that metric; did you mean val/acc?",
        ),
        (
            ["--where", "metrics.`val/ac` > 0"],
            "--where, character 1: metrics.`val/ac` > 0: no run has the metric 'val/ac'; "
            "did you mean metrics.`val/acc`?",
        ),
        (["--experiment", "x"], "--experiment x: no such experiment is recorded here"),
    ],
)
@pytest.mark.usefixtures("four")
def test_what_no_run_has_is_refused(dlcli, options, message):
    done = dlcli("runs", "tracking=none", *options)
    assert (done.status, done.stderr) == (2, f"error: {message}\n")


def test_another_experiment_is_listed_by_its_name(trained: Trained, dlcli, monkeypatch):
    monkeypatch.chdir(trained.folder)
    assert len(dlcli("runs", "--experiment", "dlcli", "--json").json["runs"]) == 1
    assert dlcli("runs", "--experiment", "Default", "--json").json == {"runs": []}
    done = dlcli("runs", "--experiment", "dlci")
    assert done.stderr == (
        "error: --experiment dlci: no such experiment is recorded here; did you mean dlcli?\n"
    )


def test_no_runs_is_said_with_how_to_make_one(dlcli):
    done = dlcli("runs")
    assert (done.status, done.stdout) == (0, "no runs are recorded here; make one: dlcli train\n")
    assert dlcli("runs", "--where", "metrics.acc > 1", "--sort", "acc").stdout == done.stdout
    assert dlcli("runs", "--json").json == {"runs": []}


def test_a_run_whose_process_died_is_not_shown_as_running(dlcli, folder: Path):
    root = folder / "mlruns"
    make_root(root)
    gone = {**Owner.current().written(), "pid": 1 << 30}
    for number in range(3):
        info = RunInfo(f"{number}" * 32, f"run-{number}", created=number, owner=gone)
        left = RunFolder(root, info.id)
        left.create(info, left.lock)
        left.lock.release()
    done = dlcli("runs", "tracking=none", "--limit", "2", "--json")
    shown = [(run["run_name"], run["status"]) for run in done.json["runs"]]
    assert shown == [("run-2", "KILLED"), ("run-1", "KILLED")]


def test_only_the_store_can_be_overridden(dlcli):
    done = dlcli("runs", "model=cnn")
    assert (done.status, done.stderr) == (
        2,
        "error: override model=cnn: only the store is asked for here: tracking.uri=…\n",
    )


def test_the_table_shows_losses_and_what_says_most():
    of_classes = {"test/acc": 0.9, "test/error": 0.1, "test/loss": 0.3, "val/f1": 0.8}
    assert telling(of_classes) == {"test/acc": 0.9, "test/loss": 0.3}
    of_ones_own = {"test/wer": 0.2, "test/loss": 0.3}
    assert telling(of_ones_own) == of_ones_own
