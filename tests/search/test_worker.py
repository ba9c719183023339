"""A trial's process: a result as its last act, or none."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from dlcli.search.log import LIMIT, Log
from dlcli.search.reporter import Reporter
from dlcli.search.trial import Report, Result, TrialFolder
from tests.search.conftest import STUB, Trials, ended, until


def test_a_task_reports_its_epochs_and_leaves_its_result(trials: Trials) -> None:
    handle = trials.start(epochs=2, value=0.5)
    assert ended(handle) == 0
    result = handle.trial.result()
    assert result is not None
    assert (result.state, result.reason) == ("complete", "finished")
    assert (result.values, result.fit_seconds) == ({"val/loss": 0.5}, 0.25)
    assert 0.04 < result.seconds < 10
    reports = [Report(1, {"val/loss": 0.5}), Report(2, {"val/loss": 0.25})]
    assert handle.trial.reports()[0] == reports


def test_a_task_that_is_asked_to_stop_is_pruned(trials: Trials) -> None:
    trial = TrialFolder(trials.root / "trials" / "00000")
    trial.create({})
    trial.ask_to_stop()
    assert ended(trials.executor.start(trial, STUB, {"epochs": 500})) == 0
    result = trial.result()
    assert result is not None
    assert (result.state, result.reason, result.values) == ("pruned", "pruned", {"val/loss": 0.5})
    assert len(trial.reports()[0]) == 1


def test_a_trial_leaves_alone_what_is_being_written_to_its_folder(trials: Trials) -> None:
    folder = TrialFolder(trials.root / "trials" / "00007")
    folder.create({})
    written = folder.path / f".stop.{os.getpid()}"
    written.touch()
    assert ended(trials.executor.start(folder, STUB, {})) == 0
    assert written.exists()


HERE = str(Path(__file__).with_name("stub.py"))


@pytest.mark.parametrize(
    ("act", "reason", "message"),
    [
        ("config", "config", "model.width: must be positive"),
        ("monitor", "config", "val/los was never logged"),
        ("data", "data", "data: no such file"),
        ("diverged", "diverged", "the loss is nan"),
        ("oom", "oom", "out of memory"),
        ("full", "storage", "cannot be written"),
        ("no_room", "storage", "No space left on device"),
        ("memory", "oom", "MemoryError: no room"),
        ("error", "error", "ZeroDivisionError: division by zero"),
    ],
)
def test_each_failure_has_its_class(trials: Trials, act: str, reason: str, message: str) -> None:
    status, result = trials.run(act=act)
    assert status == 0
    assert result is not None
    assert (result.state, result.reason) == ("failed", reason)
    assert result.message.endswith(message)
    if reason == "error":
        assert result.message.startswith(f"{HERE}:")


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("exit", 0),
        ("os_exit", 0),
        ("segfault", -signal.SIGSEGV),
        ("stopped", 143),
        ("interrupt", 130),
        ("lost", 6),
    ],
)
def test_a_process_that_ends_in_another_way_leaves_no_result(
    trials: Trials, act: str, status: int
) -> None:
    assert trials.run(act=act) == (status, None)


def test_a_value_that_is_no_number_is_left_to_the_coordinator(trials: Trials) -> None:
    _, result = trials.run(value="nan")
    assert result is not None
    assert str(result.values) == "{'val/loss': nan}"


def test_a_crash_leaves_its_traceback_in_the_log(trials: Trials) -> None:
    handle = trials.start(act="segfault")
    ended(handle)
    lines = handle.trial.tail(100)
    assert "Fatal Python error: Segmentation fault" in lines
    assert any(f'File "{HERE}", line' in line for line in lines)


def test_an_error_of_the_user_s_code_leaves_its_traceback_in_the_log(trials: Trials) -> None:
    handle = trials.start(act="own")
    ended(handle)
    lines = handle.trial.tail(100)
    assert lines[0] == "ZeroDivisionError: division by zero"
    assert lines[-1] == "error: model.py:3: ZeroDivisionError: division by zero"


def test_a_process_that_the_task_forked_writes_nothing(trials: Trials) -> None:
    handle = trials.start(act="fork", epochs=3)
    assert ended(handle) == 0
    assert [report.step for report in handle.trial.reports()[0]] == [1, 2, 3]
    assert handle.trial.result() is not None


def test_a_task_has_the_folder_of_the_sweep_and_no_input(trials: Trials) -> None:
    handle = trials.start(act="environment", names=[])
    ended(handle)
    assert handle.trial.tail(1) == [f"folder={Path.cwd()}"]
    handle = trials.start(act="read")
    assert ended(handle) == 0
    assert handle.trial.tail(1) == ["read nothing"]


def test_a_trial_that_prints_without_end_fills_no_disk(trials: Trials) -> None:
    handle = trials.start(act="print", megabytes=20)
    assert ended(handle) == 0
    files = sorted(handle.trial.path.glob("output.log*"))
    assert [path.name for path in files] == ["output.log", "output.log.1"]
    assert all(path.stat().st_size <= LIMIT for path in files)
    assert handle.trial.tail(1) == ["the last line"]


def test_a_disk_without_room_for_the_log_stops_no_trial(tmp_path: Path) -> None:
    read, write = os.pipe()
    log = Log(tmp_path / "missing" / "output.log", read)
    os.write(write, b"lost")
    assert log.pump()
    os.close(write)
    assert not log.pump()
    log.close()


def test_sigterm_before_the_task_heeds_it_ends_the_process(trials: Trials) -> None:
    handle = trials.start(act="hang")
    until(lambda: handle.pid is not None)
    handle.stop()
    assert ended(handle) == -signal.SIGTERM
    assert handle.trial.result() is None


def test_a_further_rank_reports_nothing(tmp_path: Path) -> None:
    trial = TrialFolder(tmp_path / "00001")
    trial.create({})
    trial.ask_to_stop()
    assert not Reporter(trial, first=False).report(1, {"val/loss": 1.0})
    assert trial.reports() == ([], 0)


def test_a_trial_that_goes_on_is_run_by_one_process(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = trials.start(act="hang")
    lock = handle.trial.lock
    until(lambda: lock.exists() and (handle.trial.path / "process.json").exists())
    monkeypatch.setattr("dlcli.search.leftover.PATIENCE_S", 0.1)
    again = trials.executor.start(handle.trial, "tests.search.stub:run", {})
    assert ended(handle) == -signal.SIGKILL  # of another coordinator, as far as the lock knows
    assert ended(again) == 0
    assert isinstance(handle.trial.result(), Result)
