"""A trial on two devices is one trial: one rank tells, both stop, none is left behind."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dlcli.search.local import LocalExecutor
from dlcli.search.trial import TrialFolder
from dlcli.training.checkpoint import CheckpointFolder
from tests.training.trialling import payload

RUN = "dlcli.training.trial:run"
TWO = ("trainer.devices=2", "trainer.strategy=ddp", "trainer.max_epochs=1000")


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExecutor]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    executor = LocalExecutor(1, fresh=True)
    yield executor
    executor.close()


@pytest.fixture
def trial(tmp_path: Path) -> TrialFolder:
    folder = TrialFolder(tmp_path / "trials" / "00000")
    folder.create({})
    return folder


def until(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Wait for something to be so; returns it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def ranks(trial: TrialFolder) -> list[psutil.Process]:
    """The processes of a trial, the first rank first."""
    pid = json.loads((trial.path / "process.json").read_text())["pid"]
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def test_both_ranks_stop_after_the_epoch_at_which_the_first_was_told_to(
    executor: LocalExecutor, trial: TrialFolder, tmp_path: Path
) -> None:
    task = payload(tmp_path / "mlruns", *TWO)
    handle = executor.start(trial, "tests.training.trialling:pruned_after_two", task)
    until(lambda: not handle.alive)
    result = trial.result()
    assert handle.exitcode == 0, trial.tail(30)
    assert result is not None, trial.tail(30)
    assert result.state == "pruned", result
    told = [json.loads((tmp_path / f"mlruns/rank-{rank}.json").read_text()) for rank in (0, 1)]
    assert told == [["pruned", [1, 2]], ["pruned", []]]


@pytest.mark.slow
def test_sigterm_stops_both_ranks_with_a_checkpoint(
    executor: LocalExecutor, trial: TrialFolder, tmp_path: Path
) -> None:
    task = payload(tmp_path / "mlruns", *TWO)
    handle = executor.start(trial, RUN, task)
    until(lambda: trial.reports()[0])
    processes = ranks(trial)
    assert len(processes) == 2
    handle.stop()
    until(lambda: not handle.alive, 30)
    assert (handle.exitcode, trial.result()) == (143, None), trial.tail(30)
    until(lambda: not any(process.is_running() for process in processes), 10)
    (folder,) = (tmp_path / "mlruns").glob("runs/*/artifacts/checkpoints")
    assert CheckpointFolder(folder).verify("last").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_rank_ends_the_trial_and_leaves_no_other(
    rank: int, executor: LocalExecutor, trial: TrialFolder, tmp_path: Path
) -> None:
    task = payload(tmp_path / "mlruns", *TWO)
    handle = executor.start(trial, RUN, task)
    until(lambda: trial.reports()[0])
    processes = ranks(trial)
    os.kill(processes[rank].pid, signal.SIGKILL)
    until(lambda: not handle.alive, 60)
    assert trial.result() is None, trial.tail(30)
    until(lambda: not any(process.is_running() for process in processes), 10)
