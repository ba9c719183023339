"""Processes of this machine: shared out, ended whole, and never left behind."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlcli.errors import StoreError
from dlcli.search.local import LocalExecutor, threads
from dlcli.search.sharing import Devices
from dlcli.search.trial import TrialFolder
from dlcli.search.worker import GRACE_S
from tests.search.conftest import STUB, Trials, ended, until
from tests.search.processes import alive, descendants, members

FRESH = "tests.search.stub:distributed"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Trials]:
    executor = LocalExecutor(1, fresh=True)
    yield Trials(executor, tmp_path, itertools.count())
    executor.close()


@pytest.fixture
def lonely(tmp_path: Path) -> Callable[..., tuple[int, TrialFolder]]:
    """Start a coordinator that starts a trial; returns its pid and the trial, once that runs."""

    numbers = itertools.count()

    def start(fresh: bool = False, **payload: Any) -> tuple[int, TrialFolder]:
        trial = TrialFolder(tmp_path / "trials" / f"{next(numbers):05d}")
        trial.create({})
        pid = os.fork()
        if pid == 0:
            try:
                LocalExecutor(1, fresh=fresh).start(trial, STUB, payload)
                time.sleep(60)
            finally:
                os._exit(1)
        until(lambda: (trial.path / "process.json").exists())
        return pid, trial

    return start


def test_trials_run_side_by_side(trials: Trials) -> None:
    first = trials.start(epochs=500)
    second = trials.start(epochs=1)
    assert ended(second) == 0
    assert first.alive
    first.kill()
    assert ended(first) == -signal.SIGKILL


def test_a_killed_trial_takes_what_it_started_with_it(trials: Trials) -> None:
    handle = trials.start(act="family")
    until(lambda: handle.pid is not None and len(members(handle.pid)) == 3)
    assert handle.pid is not None
    os.kill(handle.pid, signal.SIGKILL)  # by a stranger
    assert ended(handle, 2.0) == -signal.SIGKILL
    until(lambda: members(handle.pid) == [], 2.0)


def test_a_trial_that_is_deaf_to_sigterm_can_be_killed(trials: Trials) -> None:
    handle = trials.start(act="deaf")
    until(lambda: "deaf" in handle.trial.tail())
    handle.stop()
    time.sleep(0.2)
    assert handle.alive
    handle.kill()
    assert ended(handle, 2.0) == -signal.SIGKILL


def test_a_trial_can_be_ended_before_it_has_begun(tmp_path: Path) -> None:
    executor = LocalExecutor(1, preload=["tests.search.slow_import"])
    trials = Trials(executor, tmp_path, itertools.count())
    handle = trials.start()
    begun = time.monotonic()
    handle.stop()
    assert ended(handle) == -signal.SIGKILL
    assert time.monotonic() - begun < 2
    executor.close()


def test_a_server_that_is_killed_takes_its_trials_along_and_is_replaced(tmp_path: Path) -> None:
    notices: list[str] = []
    executor = LocalExecutor(2, tell=notices.append)
    trials = Trials(executor, tmp_path, itertools.count())
    handles = [trials.start(act="hang"), trials.start(act="family")]
    until(lambda: all(one.pid is not None for one in handles))
    os.kill(executor.server_pid, signal.SIGKILL)
    assert [ended(one, 2.0) for one in handles] == [-signal.SIGKILL] * 2
    for one in handles:
        until(lambda one=one: members(one.pid) == [], 2.0)
    assert trials.run()[0] == 0
    assert notices == ["the process that trials start from ended: status -9; starting another"]
    executor.close()


def test_a_module_that_cannot_be_preloaded_is_the_trials_problem(tmp_path: Path) -> None:
    executor = LocalExecutor(1, preload=["tests.search.no_such_module", "json"])
    assert Trials(executor, tmp_path, itertools.count()).run()[0] == 0
    executor.close()


def test_close_leaves_no_process_behind(tmp_path: Path) -> None:
    executor = LocalExecutor(2)
    trials = Trials(executor, tmp_path, itertools.count())
    handles = [trials.start(act="deaf"), trials.start(act="family")]
    until(lambda: "deaf" in handles[0].trial.tail())
    until(lambda: len(members(handles[1].pid)) == 3)
    pids = [one.pid for one in handles]
    begun = time.monotonic()
    executor.close()
    assert time.monotonic() - begun < 2
    assert not alive(executor.server_pid)
    assert [members(pid) for pid in pids if pid] == [[], []]


def test_the_next_trials_process_is_there_before_it_is_asked_for(tmp_path: Path) -> None:
    executor = LocalExecutor(1)
    trials, server = Trials(executor, tmp_path, itertools.count()), executor.server_pid
    until(lambda: len(descendants(server)) == 1)
    (spare,) = descendants(server)
    handle = trials.start(act="hang")
    until(lambda: handle.pid == spare)
    until(lambda: len(descendants(server)) == 2)
    executor.close()
    assert not alive(spare)


def test_a_process_that_was_forked_ahead_and_died_is_replaced(tmp_path: Path) -> None:
    executor = LocalExecutor(1)
    trials, server = Trials(executor, tmp_path, itertools.count()), executor.server_pid
    until(lambda: len(descendants(server)) == 1)
    os.kill(descendants(server)[0], signal.SIGKILL)
    until(lambda: descendants(server) == [])
    assert trials.run()[0] == 0
    executor.close()


def test_a_trial_that_is_done_is_not_waited_for_unless_it_has_a_gpu(tmp_path: Path) -> None:
    for devices in ((), ("0",)):
        executor = LocalExecutor(1, devices)
        trials = Trials(executor, tmp_path / str(len(devices)), itertools.count())
        handle = trials.start()
        assert ended(handle) == 0
        result = handle.trial.result()
        assert result is not None
        assert result.state == "complete"
        if devices:
            assert not alive(handle.pid or 0)
        executor.close()


@pytest.mark.parametrize("act", ["hang", "family"])
@pytest.mark.parametrize("fresh", [False, True])
def test_a_trial_ends_with_its_coordinator(
    lonely: Callable[..., tuple[int, TrialFolder]], act: str, fresh: bool
) -> None:
    pid, trial = lonely(fresh, act=act)
    group = leader(trial)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    until(lambda: members(group) == [], 5.0)
    assert "the sweep's process is gone: stopping" in trial.tail()
    assert trial.result() is None


@pytest.mark.slow
def test_a_trial_that_hears_nothing_ends_ten_seconds_after_its_coordinator(
    lonely: Callable[..., tuple[int, TrialFolder]],
) -> None:
    started = [lonely(act=act) for act in ("deaf", "stubborn")]
    groups = [leader(trial) for _, trial in started]
    until(lambda: all("deaf" in trial.tail() for _, trial in started))
    for pid, _ in started:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    until(lambda: not any(members(group) for group in groups), GRACE_S + 2)


def test_a_new_coordinator_waits_for_a_trial_to_end(
    lonely: Callable[..., tuple[int, TrialFolder]], executor: LocalExecutor
) -> None:
    pid, trial = lonely(act="hang")
    group = leader(trial)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    executor.reclaim(trial)
    assert members(group) == []


def test_a_trial_in_a_new_interpreter_does_the_same(fresh: Trials) -> None:
    handle = fresh.start(epochs=2)
    assert ended(handle) == 0
    result = handle.trial.result()
    assert result is not None
    assert result.values == {"val/loss": 0.5}
    assert len(handle.trial.reports()[0]) == 2


def test_further_ranks_run_the_trial_again_and_write_nothing(fresh: Trials) -> None:
    folder = TrialFolder(fresh.root / "trials" / "00000")
    folder.create({})
    handle = fresh.executor.start(folder, FRESH, {"secret": "x" * 200_000})
    assert ended(handle) == 0
    assert [report.step for report in folder.reports()[0]] == [1]
    assert {"rank 0 of 200000", "rank 1 of 200000"} <= set(folder.tail())
    assert (folder.result() is not None) is True


def test_a_killed_first_rank_takes_the_others_along(fresh: Trials) -> None:
    folder = TrialFolder(fresh.root / "trials" / "00000")
    folder.create({})
    handle = fresh.executor.start(folder, FRESH, {"hang": True})
    until(lambda: handle.pid is not None and len(members(handle.pid)) == 2)
    assert handle.pid is not None
    os.kill(handle.pid, signal.SIGKILL)
    assert ended(handle) == -signal.SIGKILL
    until(lambda: members(handle.pid) == [], 2.0)


def test_threads_are_divided_among_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(8), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [threads(workers) for workers in (1, 2, 3, 8, 20)] == [8, 4, 2, 1, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert [threads(workers) for workers in (1, 2, 8)] == [2, 2, 1]


def test_a_trial_sees_its_share_of_the_machine(tmp_path: Path) -> None:
    executor = LocalExecutor(2, devices=["3", "5"])
    trials = Trials(executor, tmp_path, itertools.count())
    assert executor.slots == 2
    names = ["CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"]
    handles = [trials.start(act="environment", names=names) for _ in range(2)]
    assert [ended(one) for one in handles] == [0, 0]
    assert [one.trial.tail()[0] for one in handles] == [f"{names[0]}={n}" for n in (3, 5)]
    assert handles[0].trial.tail()[1] == f"{names[1]}={executor.threads}"
    executor.close()


def test_a_gpu_on_which_two_trials_in_a_row_fail_gets_no_more(tmp_path: Path) -> None:
    notices: list[str] = []
    executor = LocalExecutor(2, devices=["0", "1"], tell=notices.append)
    trials = Trials(executor, tmp_path, itertools.count())
    other = trials.start(act="hang")  # has the first one
    assert trials.run(act="cuda")[0] == 0
    assert executor.slots == 2
    trials.run(act="segfault")
    assert executor.slots == 1
    assert notices == ["GPU 1: 2 trials in a row failed on it; it gets no more of them"]
    other.kill()
    ended(other)
    assert trials.run(act="segfault")[0] == -signal.SIGSEGV  # the last one is never given up
    assert trials.run(act="segfault")[0] == -signal.SIGSEGV
    assert trials.run()[0] == 0
    executor.close()


def test_a_trial_that_we_end_or_that_is_at_fault_itself_speaks_for_no_gpu_failure() -> None:
    devices = Devices([0, 1])
    assert devices.take() == 0
    assert devices.give_back(0, failed=True) is None
    assert (devices.take(), devices.take()) == (1, 0)
    with pytest.raises(LookupError):
        devices.take()
    assert devices.give_back(0, failed=False) is None
    assert devices.give_back(1, failed=True) is None
    assert devices.take() == 0
    assert devices.give_back(0, failed=True) is None
    assert len(devices) == 2


def leader(trial: TrialFolder) -> int:
    pid: int = json.loads((trial.path / "process.json").read_text())["pid"]
    assert members(pid)
    return pid


def test_a_system_without_room_for_a_process_is_told_of(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "pipe", full)
    with pytest.raises(StoreError, match=r"cannot be started: Too many open files; raise the"):
        trials.start()
    monkeypatch.undo()
    assert trials.run()[0] == 0
