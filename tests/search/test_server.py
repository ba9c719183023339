"""The process that trials are forked from: it outlives what stops them."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

import pytest

from dlcli.search.local import LocalExecutor
from tests.search.conftest import Trials, ended, until


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_every_process_of_the_job_leaves_trials_their_server(
    tmp_path: Path, number: signal.Signals
) -> None:
    notices: list[str] = []
    executor = LocalExecutor(2, tell=notices.append)
    trials = Trials(executor, tmp_path, itertools.count())
    saving = trials.start(act="deaf")
    until(lambda: "deaf" in saving.trial.tail())
    os.kill(executor.server_pid, number)
    assert trials.run()[0] == 0
    assert (saving.alive, notices) == (True, [])
    saving.kill()
    ended(saving)
    executor.close()


def test_a_trial_hears_sigterm_though_its_server_does_not(trials: Trials) -> None:
    handle = trials.start(act="hang")
    until(lambda: handle.pid is not None)
    handle.stop()
    assert ended(handle, 5.0) == -signal.SIGTERM
