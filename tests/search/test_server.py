"""The process that trials are forked from: it outlives what stops them."""

from __future__ import annotations

import functools
import itertools
import os
import selectors
import signal
from pathlib import Path

import pytest

from dlcli.search.local import LocalExecutor
from dlcli.search.server import Server
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


def test_what_was_settled_with_another_event_of_the_same_moment_is_left_alone() -> None:
    """As the ends of two trials: whoever is reaped first takes the other one's pipes along."""
    server = Server.__new__(Server)
    server._selector, server._deadline = selectors.DefaultSelector(), None
    pipes = [os.pipe() for _ in range(2)]
    seen: list[int] = []

    def settle(mine: int, other: int) -> None:
        seen.append(mine)
        server._selector.unregister(other)
        os.close(other)

    ends = [read for read, _ in pipes]
    for mine, other in (ends, reversed(ends)):
        event = selectors.EVENT_READ
        server._selector.register(mine, event, functools.partial(settle, mine, other))
    for _, write in pipes:
        os.write(write, b".")
    server._turn()
    assert len(seen) == 1
    for number in (*seen, *(write for _, write in pipes)):
        os.close(number)
    server._selector.close()


def test_a_trial_hears_sigterm_though_its_server_does_not(trials: Trials) -> None:
    handle = trials.start(act="hang")
    until(lambda: handle.pid is not None)
    handle.stop()
    assert ended(handle, 5.0) == -signal.SIGTERM
