"""What the signals that end a program do to a sweep, by what it is doing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.errors import Stopped

if TYPE_CHECKING:
    from dlcli.search.coordinator import Coordinator

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BACKSTOP_S = 4.0  # after a second Ctrl-C the process ends by force


@contextmanager
def stopped_by_signals(coordinator: Coordinator) -> Iterator[None]:
    """Have the first signal stop the sweep in order, and Ctrl-C after it at once.

    Any other may come twice for one wish, as of a shell and its terminal.
    """
    came: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        coordinator.stop(number)
        came.append(number)
        if len(came) == 1:
            output.say("stopping: running trials save their checkpoints; once more to stop at once")
        elif number == signal.SIGINT:
            backstop = threading.Timer(BACKSTOP_S, lambda: os._exit(128 + came[0]))
            backstop.daemon = True
            backstop.start()

    with handled(handle):
        yield


@contextmanager
def interrupted_by_signals(advice: Callable[[], str]) -> Iterator[None]:
    """Have any of the signals do what Ctrl-C does: interrupt.

    Args:
        advice: says, when one has come, what is left and how to go on.

    Raises:
        Stopped: one came.
    """
    came: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    with handled(handle):
        try:
            yield
        except KeyboardInterrupt:
            raise stopped(came[0] if came else signal.SIGINT, advice()) from None


def stopped(number: int, advice: str) -> Stopped:
    """What ends a sweep that a signal has stopped."""
    return Stopped(f"stopped by {signal.Signals(number).name}; {advice}", number)


@contextmanager
def handled(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have a function called for each of the signals."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, usual in before.items():
        if not (number == signal.SIGHUP and usual is signal.SIG_IGN):  # under nohup
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
