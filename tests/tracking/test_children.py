"""Runs that other processes work on: one recorder serves them all, whoever dies when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlcli.errors import BusyError, StoreError
from dlcli.tracking import spool
from dlcli.tracking.client import Recorder
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.owner import Lock
from dlcli.tracking.reconcile import reconcile
from dlcli.tracking.run import open_run
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.store import Store
from dlcli.tracking.uri import resolve

Rows = Callable[[str], list[tuple[object, ...]]]
TAGS = {"dlcli.kind": "trial", "dlcli.sweep": "s", "dlcli.trial": "0"}
STATUS = "SELECT name, status FROM runs ORDER BY name"

WORK = """
import signal, sys, time
from pathlib import Path
from dlcli.tracking.run import open_run
signal.signal(signal.SIGTERM, lambda *_: None)
run = open_run(Path(sys.argv[1]), sys.argv[2])
run.log_metrics({"val/loss": 0.5}, 1, flush=True)
print("at work", flush=True)
time.sleep(float(sys.argv[3]))
"""

COORDINATE = """
import sys, time
from pathlib import Path
from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import MLflow
recorder = Recorder.start(MLflow(), Path(sys.argv[1]))
parent = recorder.create_run("s", {"dlcli.kind": "sweep"})
ids = [recorder.create_child(f"s-{n}", {"dlcli.kind": "trial"}, parent.id) for n in range(2)]
print(recorder._line.channel.pid, *ids, flush=True)
time.sleep(60)
"""


@pytest.fixture
def start(repository: Path) -> Iterator[Callable[..., Any]]:
    """Start a process that runs a text, and wait for its first line."""
    started: list[subprocess.Popen[str]] = []

    def run(text: str, *arguments: object) -> tuple[subprocess.Popen[str], list[str]]:
        command = [sys.executable, "-c", text, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository)
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().split()

    yield run
    for one in started:
        one.kill()
        one.communicate()


def kinds(root: Path, run_id: str) -> list[str]:
    """What was logged, line by line."""
    lines = spool.read(RunFolder(root, run_id).spool)
    return [str(line.get("status", line["kind"])) for line, _ in lines]


def test_what_a_childs_process_logs_is_delivered(
    recorder: Recorder, root: Path, rows: Rows, start: Callable[..., Any]
) -> None:
    parent = recorder.create_run("s", {"dlcli.kind": "sweep"})
    child = recorder.create_child("s-0", TAGS, parent.id, {"optimizer": {"lr": 0.1}})
    assert reconcile(MLflow(), root) == []
    process, _ = start(WORK, root, child, 0)
    process.wait()
    assert recorder.close_run(child, "FINISHED", "finished")
    recorder.log_to(child, {"test/acc": 0.75}, {"checked": "yes"}, step=7)
    assert parent.finish("FINISHED", "finished")
    mine = f"WHERE run_uuid = '{child}'"
    assert rows(STATUS) == [("s", "FINISHED"), ("s-0", "FINISHED")]
    assert rows(f"SELECT key, value FROM params {mine}") == [("optimizer.lr", "0.1")]
    assert rows(f"SELECT key, value, step FROM metrics {mine} ORDER BY key") == [
        ("test/acc", 0.75, 7),
        ("val/loss", 0.5, 1),
    ]
    tags = {str(key): value for key, value in rows(f"SELECT key, value FROM tags {mine}")}
    assert (tags["mlflow.parentRunId"], tags["dlcli.reason"]) == (parent.id, "finished")
    assert (tags["dlcli.trial"], tags["checked"]) == ("0", "yes")
    assert list((root / "open").iterdir()) == []


def test_a_child_goes_on_in_another_process_under_the_same_run(
    recorder: Recorder, root: Path, rows: Rows
) -> None:
    parent = recorder.create_run("s", {"dlcli.kind": "sweep"})
    child = recorder.create_child("s-0", TAGS, parent.id, {"lr": 0.1})
    for attempt in range(3):
        if attempt == 2:  # after a stop, and in another sweep command
            recorder.close_run(child, "KILLED", "stopped")
            recorder.adopt(child)
        run = open_run(root, child)
        run.log_params({"lr": 0.1, "seed": 0})
        run.log_metrics({"val/loss": 0.5}, 1)
        run.log_metrics({"val/loss": 0.4}, 2 + attempt, flush=True)
        run.release()
    recorder.close_run(child, "FINISHED", "finished")
    parent.finish("FINISHED", "finished")
    assert kinds(root, child).count("RUNNING") == 2
    mine = f"WHERE run_uuid = '{child}'"
    assert rows(STATUS) == [("s", "FINISHED"), ("s-0", "FINISHED")]
    assert rows(f"SELECT key, value FROM params {mine} ORDER BY key") == [
        ("lr", "0.1"),
        ("seed", "0"),
    ]
    assert rows(f"SELECT step, value FROM metrics {mine} ORDER BY step") == [
        (1, 0.5),
        (2, 0.4),
        (3, 0.4),
        (4, 0.4),
    ]


def test_closing_a_child_again_changes_nothing(folder_only: Recorder) -> None:
    root = folder_only.root
    child = folder_only.create_child("s-0", TAGS, "parent")
    for _ in range(3):
        assert folder_only.close_run(child, "FAILED", "oom")
    assert kinds(root, child) == ["FAILED"]
    assert list((root / "open").iterdir()) == []
    before = RunFolder(root, child).read()
    again = Recorder.start(NoTracking(), root)
    assert again.close_run(child, "FAILED", "oom")
    assert RunFolder(root, child).read() == before
    assert again.close_run(child, "FINISHED", "finished")
    assert kinds(root, child) == ["FAILED", "FINISHED"]


def test_a_death_while_closing_is_finished_by_closing_again(folder_only: Recorder) -> None:
    root = folder_only.root
    child = folder_only.create_child("s-0", TAGS, "parent")
    folder = RunFolder(root, child)
    before = folder.read()
    assert before is not None
    folder_only.close_run(child, "FINISHED", "finished")
    folder.write(before)  # the spool has the status, run.json has it not
    folder.mark()
    again = Recorder.start(NoTracking(), root)
    assert again.close_run(child, "FINISHED", "finished")
    assert kinds(root, child) == ["FINISHED"]
    after = folder.read()
    assert after is not None
    assert (after.status, after.reason) == ("FINISHED", "finished")
    assert not folder.marker.exists()


def test_no_other_command_closes_a_child_that_is_about_to_start(folder_only: Recorder) -> None:
    child = folder_only.create_child("s-0", TAGS, "parent")
    assert reconcile(NoTracking(), folder_only.root) == []
    open_run(folder_only.root, child).release()
    assert reconcile(NoTracking(), folder_only.root) == []
    folder_only.close_run(child, "FINISHED", "finished")
    assert folder_only.find("s-0").status == "FINISHED"


def test_a_child_has_one_process_at_a_time(folder_only: Recorder) -> None:
    child = folder_only.create_child("s-0", TAGS, "parent")
    run = open_run(folder_only.root, child)
    with pytest.raises(BusyError, match=f"run {child} is owned by process"):
        open_run(folder_only.root, child, wait=0.1)
    run.release()
    open_run(folder_only.root, child, wait=0.1).release()


def test_a_child_without_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"run\.json: missing or damaged"):
        open_run(tmp_path, "0" * 32)


def test_logging_to_a_closed_child_twice_logs_once(folder_only: Recorder) -> None:
    child = folder_only.create_child("s-0", TAGS, "parent")
    folder_only.close_run(child, "FINISHED", "finished")
    for _ in range(2):
        folder_only.log_to(child, {"test/acc": 0.5}, {"dlcli.checkpoints": "removed"})
    assert kinds(folder_only.root, child) == ["FINISHED", "metric", "tag"]
    assert folder_only.find("s-0").status == "FINISHED"


@pytest.mark.slow
def test_children_that_still_stop_when_the_coordinator_dies_end_killed(
    root: Path, rows: Rows, start: Callable[..., Any], wait_for: Callable[..., None]
) -> None:
    coordinator, (_, slow, never) = start(COORDINATE, root)
    worker, _ = start(WORK, root, slow, 4)
    coordinator.kill()
    coordinator.wait()
    wait_for(lambda: not (root / "open" / never).exists())
    assert worker.poll() is None
    worker.wait()
    wait_for(lambda: not any((root / "open").iterdir()))
    assert rows(STATUS) == [("s", "KILLED"), ("s-0", "KILLED"), ("s-1", "KILLED")]
    assert rows(f"SELECT value FROM metrics WHERE run_uuid = '{slow}'") == [(0.5,)]


def test_children_of_which_everybody_was_killed_are_closed_by_the_next_start(
    root: Path, rows: Rows, start: Callable[..., Any], wait_for: Callable[..., None]
) -> None:
    coordinator, (pid, first, second) = start(COORDINATE, root)
    worker, _ = start(WORK, root, first, 60)
    os.kill(int(pid), signal.SIGKILL)
    for process in (worker, coordinator):
        process.kill()
        process.wait()
    lock = Lock(RunFolder(root, second).delivery_lock.path)
    wait_for(lock.acquire)
    lock.release()
    lines = reconcile(MLflow(), root)
    assert sorted(line.split()[1] for line in lines) == ["s", "s-0", "s-1"]
    assert rows(STATUS) == [("s", "KILLED"), ("s-0", "KILLED"), ("s-1", "KILLED")]
    assert rows("SELECT value FROM metrics") == [(0.5,)]
    recorder = Recorder.start(MLflow(), root)
    parent = recorder.reopen_run("s")
    recorder.close_run(first, "FINISHED", "finished")  # it was, and nobody had noted it
    parent.finish("FINISHED", "finished")
    recorder.close()
    assert rows(STATUS) == [("s", "FINISHED"), ("s-0", "FINISHED"), ("s-1", "KILLED")]


@pytest.mark.slow
def test_a_dead_recorder_has_another_after_it(recorder: Recorder, root: Path, rows: Rows) -> None:
    parent = recorder.create_run("s", {"dlcli.kind": "sweep"})
    child = recorder.create_child("s-0", TAGS, parent.id)
    assert recorder._line is not None
    os.kill(recorder._line.channel.pid, signal.SIGKILL)
    other = recorder.create_child("s-1", TAGS, parent.id)
    run = open_run(root, child)
    run.log_metrics({"val/loss": 0.5}, 1)
    run.release()
    for one in (child, other):
        recorder.close_run(one, "FINISHED", "finished")
    assert parent.finish("FINISHED", "finished", timeout=30)
    assert rows(STATUS) == [("s", "FINISHED"), ("s-0", "FINISHED"), ("s-1", "FINISHED")]
    assert rows("SELECT value FROM metrics") == [(0.5,)]


def test_the_recorder_forgets_children_that_are_closed(
    recorder: Recorder, root: Path, rows: Rows
) -> None:
    parent = recorder.create_run("s", {"dlcli.kind": "sweep"})
    for number in range(60):
        child = recorder.create_child(f"s-{number}", TAGS, parent.id)
        recorder.close_run(child, "FINISHED", "finished")
    assert recorder._line is not None
    files = len(list(Path(f"/proc/{recorder._line.channel.pid}/fd").iterdir()))
    assert files < 60
    assert parent.finish("FINISHED", "finished", timeout=30)
    assert sorted(path.name for path in (root / "open").iterdir()) == []
    assert rows("SELECT status, count(*) FROM runs GROUP BY status") == [("FINISHED", 61)]


def test_children_of_an_offline_sweep_wait_for_their_store(tmp_path: Path, free_port: int) -> None:
    settings = MLflow(f"http://127.0.0.1:{free_port}", offline=True)
    recorder = Recorder.start(settings, tmp_path / "mlruns")
    parent = recorder.create_run("s", {"dlcli.kind": "sweep"})
    child = recorder.create_child("s-0", TAGS, parent.id, {"lr": 0.1})
    assert len(recorder.notices) == 1
    run = open_run(recorder.root, child)
    run.log_metrics({"val/loss": 0.5}, 1)
    run.release()
    recorder.close_run(child, "FINISHED", "finished")
    parent.release()
    assert kinds(recorder.root, child) == ["param", "metric", "FINISHED"]
    assert (recorder.root / "open" / child).exists()
    assert recorder._line is not None
    os.kill(recorder._line.channel.pid, signal.SIGKILL)


def test_a_trial_that_was_killed_before_it_had_a_folder_is_no_run(root: Path, rows: Rows) -> None:
    target = resolve(MLflow(), root)
    store = Store(target, "dlcli", root)
    store.create_run("s-0", 1000, TAGS)
    note = {"name": "s-0", "created": 1000, "experiment": "dlcli", "uri": target.shown}
    (root / "open" / "new-s").write_text(str(note | {"again": 1}).replace("'", '"'))
    assert reconcile(MLflow(), root) == []
    assert rows("SELECT lifecycle_stage FROM runs") == [("deleted",)]
