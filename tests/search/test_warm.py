"""The server is heard, however much it has to say and whatever comes in between."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlcli.search.local import LocalExecutor
from dlcli.search.warm import Warm
from tests.search.conftest import Trials

LEAST = 1  # bytes of a buffer, of which the system makes some thousand


@pytest.fixture
def warm() -> Iterator[Warm]:
    server = Warm([], {})
    yield server
    server.kill()
    server.close()


class Interrupted:
    """A line on which something else happens after each piece that is read."""

    def __init__(self, line: socket.socket, between: Callable[[], None]) -> None:
        self._line = line
        self._between = between

    def recv(self, size: int, flags: int) -> bytes:
        data = self._line.recv(size, flags)
        self._between()
        return data

    def close(self) -> None:
        self._line.close()


def test_more_trials_than_the_line_holds_replies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = socket.socketpair

    def narrow() -> tuple[socket.socket, socket.socket]:
        ours, theirs = pair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LEAST)
        return ours, theirs

    monkeypatch.setattr(socket, "socketpair", narrow)
    executor = LocalExecutor(1)
    monkeypatch.undo()
    try:
        trials = Trials(executor, tmp_path, itertools.count())
        assert [trials.run(epochs=1)[0] for _ in range(20)] == [0] * 20
    finally:
        executor.close()


@pytest.mark.slow
def test_a_thousand_trials_run_one_after_the_other(trials: Trials) -> None:
    assert {trials.run(epochs=1)[0] for _ in range(1000)} == {0}


def test_a_signal_that_comes_as_the_server_is_heard_loses_nothing(warm: Warm) -> None:
    ours, theirs = socket.socketpair()
    rest = [b'"pid": 7}\n']
    seen = []

    def handler() -> None:
        if rest:
            theirs.sendall(rest.pop())
            seen.append(warm.pid_of(1))

    line = Interrupted(ours, handler)
    warm._control.close()
    warm._control = line  # type: ignore[assignment]
    theirs.sendall(b'{"number": 1, ')
    assert warm.pid_of(1) == 7
    assert seen == [None]
    theirs.close()
