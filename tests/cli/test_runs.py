"""``dlcli runs``: what was recorded, newest first, also after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.cli.runs import print_runs
from dlcli.comparison.scores import telling
from dlcli.tracking.folder import RunFolder, RunInfo, make_root
from dlcli.tracking.owner import Owner
from dlcli.tracking.query import RunRecord
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


def test_a_table_has_scores_before_losses(capsys):
    failed = record("b", status="FAILED", reason="diverged", metrics={}, duration_s=None)
    print_runs([failed, record("a")])
    heading, first, second = capsys.readouterr().out.splitlines()
    expected = "name id status started took model data test/acc val/acc test/loss"
    assert heading.split() == expected.split()
    assert first.split()[:4] == ["b", "01234567", "failed", "(diverged)"]
    assert first.endswith("2026-09-21 14:13             cnn    digits")
    assert second.split()[-3:] == ["0.98", "0.97", "0.1235"]
    assert "1 h 2 min" in second


def test_a_narrow_terminal_keeps_what_tells_most(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    print_runs([record("happy-otter-123")])
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "status", "started", "model", "test/acc"]
    assert len(line) <= 60


def test_no_runs_is_said_with_how_to_make_one(dlcli):
    done = dlcli("runs")
    assert (done.status, done.stdout) == (0, "no runs are recorded here; make one: dlcli train\n")
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
