"""Real sweeps that signals stop at random times: quickly, in words, and losing nothing."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.search.real import found, start, verify

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SIGNALS = 40
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
STOP_S, HURRY_S = 30.0, 5.0  # for a sweep that is asked once, and twice


def test_signals_at_any_time_stop_a_sweep_that_then_goes_on(tmp_path: Path) -> None:
    assert start(tmp_path / "unbroken").wait() == 0
    expected = found(tmp_path / "unbroken")
    seed = random.randrange(10**6)
    chance, done, sweeps = random.Random(seed), 0, 0
    print(f"seed {seed}")
    while done < SIGNALS:
        work = tmp_path / f"stopped{sweeps}"
        while stops(work, chance):
            done += 1
        sweeps += 1
        assert found(work) == expected
        verify(work)
    print(f"{done} signals in {sweeps} sweeps")


def stops(work: Path, chance: random.Random) -> bool:
    """Run what is missing of a sweep and send it a signal, or two; False where it was quicker."""
    process = start(work)
    if ends(process, chance.uniform(0, 15)):
        assert process.returncode == 0, (work / "output").read_text()
        return False
    number = chance.choice(list(STATUS))
    twice = number == signal.SIGINT and chance.random() < 0.7
    process.send_signal(number)
    if twice and not ends(process, chance.uniform(0, 2)):
        process.send_signal(number)
    limit = HURRY_S if twice else STOP_S
    begun = time.monotonic()
    assert ends(process, limit), f"{number.name} took longer than {limit} s"
    text = (work / "output").read_text()
    print(f"{number.name}{' twice' * twice}: {time.monotonic() - begun:.2f} s")
    # it may just have been done, or been so young that the signal itself ended it
    assert process.returncode in (STATUS[number], 0, -number), text
    assert "Traceback" not in text
    return process.returncode != 0


def ends(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether a process ends in time."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is not None
