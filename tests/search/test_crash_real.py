"""Real trainings, killed at random times together with or apart from what coordinates them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.search.processes import alive, descendants
from tests.search.real import found, start, verify

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

KILLS = int(os.environ.get("DLCLI_KILLS", "30"))
STOP_S = 10.0


def trials(work: Path) -> list[int]:
    """The processes of running trials."""
    found = []
    for file in work.glob("mlruns/sweeps/s/trials/*/process.json"):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(json.loads(file.read_text())["pid"]))
    return [pid for pid in found if alive(pid)]


def kill(what: str, process: subprocess.Popen[bytes], work: Path) -> bool:
    """Kill a trial, the coordinator or all there is; whether anything was killed."""
    own = descendants(process.pid)
    victims = {
        "trial": [pid for pid in trials(work) if pid in own][:1],
        "coordinator": [process.pid],
        "group": [process.pid, *own],
    }[what]
    for pid in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if what != "trial":
        process.wait()
        deadline = time.monotonic() + STOP_S
        trainings = [pid for pid in own if pid in trials(work)]
        while any(alive(pid) for pid in trainings):
            assert time.monotonic() < deadline, f"{trainings} live on after the {what}'s death"
            time.sleep(0.05)
    return bool(victims)


def kills(work: Path, chance: random.Random) -> Iterator[str]:
    """Run a sweep to its end, yielding each kill on the way."""
    while True:
        process = start(work)
        limit = time.monotonic() + chance.uniform(2, 14)
        while process.poll() is None:
            time.sleep(0.05)
            if time.monotonic() < limit:
                continue
            what = chance.choice(["trial", "coordinator", "group"])
            if kill(what, process, work):
                yield what
            limit = time.monotonic() + chance.uniform(2, 12)
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, (work / "output").read_text()
            return


def test_kills_of_real_trainings_lose_nothing_and_change_nothing(tmp_path: Path) -> None:
    assert start(tmp_path / "unbroken").wait() == 0
    expected = found(tmp_path / "unbroken")
    verify(tmp_path / "unbroken")
    seed = random.randrange(10**6)
    chance, done, sweeps = random.Random(seed), 0, 0
    print(f"seed {seed}")
    while done < KILLS:
        work = tmp_path / f"killed{sweeps}"
        for what in kills(work, chance):
            done += 1
            print(f"{done}: {what}")
        sweeps += 1
        assert found(work) == expected
        verify(work)
    print(f"{done} kills in {sweeps} sweeps")
