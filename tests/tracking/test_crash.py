"""Whatever is killed, nothing that was logged is lost or recorded twice."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlcli.errors import BusyError
from dlcli.tracking.client import Recorder
from dlcli.tracking.reconcile import reconcile
from dlcli.tracking.settings import MLflow

Start = Callable[..., Any]  # of a training process, see conftest.py
Rows = Callable[[str], list[tuple[object, ...]]]
LOSSES = "SELECT step, value FROM metrics WHERE key = 'train/loss' ORDER BY step"
STATUS = "SELECT status FROM runs"
REASON = "SELECT value FROM tags WHERE key = 'dlcli.reason'"


def losses(steps: int) -> list[tuple[int, float]]:
    return [(step, 1 / (step + 1)) for step in range(steps)]


def test_a_killed_training_is_marked_killed_at_once_and_goes_on_in_the_same_run(
    root: Path, train: Start, rows: Rows, wait_for: Callable[..., None]
) -> None:
    training = train()
    training.kill()
    wait_for(lambda: not any((root / "open").iterdir()))
    assert rows(STATUS) == [("KILLED",)]
    assert rows(REASON) == [("killed",)]
    assert rows(LOSSES) == losses(10)
    assert reconcile(MLflow(), root) == []
    goes_on(root, training.run_id, rows)


def goes_on(root: Path, run_id: str, rows: Rows) -> None:
    """Resume a killed run, to its end."""
    recorder = Recorder.start(MLflow(), root)
    run = recorder.reopen_run("latest")
    run.log_params({"lr": 0.2, "seed": 1})
    run.log_metrics({"train/loss": 0.5}, step=10)
    assert run.finish("FINISHED", "done")
    recorder.close()
    assert run.id == run_id
    assert rows(STATUS) == [("FINISHED",)]
    assert rows(LOSSES) == [*losses(10), (10, 0.5)]
    assert rows("SELECT key, value FROM params ORDER BY key") == [
        ("lr", "0.1"),
        ("seed", "1"),
    ]
    assert rows("SELECT key, value FROM tags WHERE key LIKE 'resume.%'") == [("resume.1.lr", "0.2")]


def test_a_killed_recorder_stops_no_training_and_loses_nothing(
    root: Path, train: Start, rows: Rows
) -> None:
    training = train()
    training.kill_recorder()
    assert training.go_on() == "True"
    assert rows(STATUS) == [("FINISHED",)]
    assert rows(LOSSES) == losses(20)


def test_a_run_whose_processes_were_all_killed_is_closed_by_reconcile_and_the_next_run(
    root: Path, train: Start, rows: Rows
) -> None:
    training = train()
    training.kill_both()
    left = shutil.copytree(root, root.with_name("left"))
    lines = reconcile(MLflow(), root)
    assert len(lines) == 1
    assert lines[0].startswith(f"run victim ({training.run_id[:8]}) was left running by process")
    assert lines[0].endswith(": marked KILLED")
    assert rows(STATUS) == [("KILLED",)]
    assert rows(LOSSES) == losses(10)
    assert reconcile(MLflow(), root) == []
    shutil.rmtree(root)
    left.rename(root)
    closed_by_the_next(root, rows)


def closed_by_the_next(root: Path, rows: Rows) -> None:
    """Record another run where one is left open."""
    recorder = Recorder.start(MLflow(), root)
    run = recorder.create_run("next", {})
    run.finish("FINISHED", "done")
    recorder.close()
    assert rows("SELECT name, status FROM runs ORDER BY name") == [
        ("next", "FINISHED"),
        ("victim", "KILLED"),
    ]
    assert [line[-15:] for line in recorder.notices] == [": marked KILLED"]


@pytest.mark.slow
def test_a_live_run_is_left_alone_and_a_stopped_one(root: Path, train: Start, rows: Rows) -> None:
    training = train()
    assert reconcile(MLflow(), root) == []
    assert rows(STATUS) == [("RUNNING",)]
    recorder = Recorder.start(MLflow(), root)
    with pytest.raises(BusyError, match=f"run {training.run_id} is owned by process"):
        recorder.reopen_run("victim")
    recorder.close()
    training.process.send_signal(signal.SIGSTOP)
    assert reconcile(MLflow(), root) == []
    training.process.send_signal(signal.SIGCONT)
    assert training.go_on() == "True"
    assert rows(STATUS) == [("FINISHED",)]


def test_a_forked_child_does_not_keep_its_parents_run(root: Path) -> None:
    recorder = Recorder.start(MLflow(), root)
    run = recorder.create_run(None, {})
    child = os.fork()
    if child == 0:
        time.sleep(30)
        os._exit(0)
    try:
        run.release()
        again = recorder.reopen_run(run.id)
        assert again.finish("FINISHED", "done")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        recorder.close()
