"""A sweep ends in order at each of the signals, whatever it is doing."""

from __future__ import annotations

import signal

import pytest

from dlcli.cli.sweep_signals import interrupted_by_signals
from dlcli.errors import Stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_any_signal_does_what_ctrl_c_does_beside_the_trials(number: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as error, interrupted_by_signals(lambda: "start it again"):
        signal.raise_signal(number)
    assert str(error.value) == f"stopped by {signal.Signals(number).name}; start it again"
    assert error.value.status == 128 + number
    assert signal.getsignal(number) == before


def test_a_closed_terminal_is_ignored_under_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupted_by_signals(lambda: "start it again"):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
