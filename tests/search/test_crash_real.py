"""Real trainings, killed at random times together with or apart from what coordinates them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlcli.search.folder import SweepFolder
from dlcli.training.checkpoint import CheckpointFolder
from tests.search.processes import alive, descendants

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

DLCLI = Path(sys.executable).with_name("dlcli")
TRIALS, KEPT, KILLS = 6, 2, int(os.environ.get("DLCLI_KILLS", "30"))
SWEEP = [
    "--name=s",
    "model=mlp",
    "data=digits",
    "search=random",
    f"search.n_trials={TRIALS}",
    f"search.keep_checkpoints={KEPT}",
    "search.retries=99",
    "trainer.max_epochs=4",
    "optimizer.lr=tag(log, interval(1e-4, 1e-1))",
    "executor.workers=2",
]
STOP_S = 10.0


def start(work: Path) -> subprocess.Popen[bytes]:
    """Start the sweep, or go on in it."""
    exists = (work / "mlruns" / "sweeps" / "s" / "sweep.json").exists()
    command = [DLCLI, "sweep", *(["--resume", "s"] if exists else SWEEP)]
    work.mkdir(exist_ok=True)
    environment = os.environ | {"HOME": str(work.parent), "OMP_NUM_THREADS": "1"}
    with (work / "output").open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=work,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


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


def found(work: Path) -> dict[str, Any]:
    """What a finished sweep came to, without what depends on the time that it took."""
    folder = SweepFolder(work / "mlruns", "s")
    final = folder.final()
    assert final is not None, (work / "output").read_text()
    results = {number: folder.trial(number).result() for number in range(TRIALS)}
    about = {number: folder.trial(number).read() for number in range(TRIALS)}
    best = final["summary"]["best"]
    return {
        "values": {n: result and result.values["val/loss"] for n, result in results.items()},
        "params": {n: one and one["params"] for n, one in about.items()},
        "counts": final["summary"]["trials"],
        "best": (best["number"], best["value"]),
        "test": final["test"],
    }


def verify(work: Path) -> None:
    """One run a trial, all closed, and of the best trials the checkpoints."""
    with contextlib.closing(sqlite3.connect(work / "mlruns" / "mlflow.db")) as database:
        runs = database.execute("SELECT name, status FROM runs").fetchall()
    names = [f"s-{number:04d}" for number in range(TRIALS)]
    assert sorted(runs) == [(name, "FINISHED") for name in ["s", *names]]
    kept = [
        path for path in work.glob("mlruns/runs/*/artifacts/checkpoints") if any(path.iterdir())
    ]
    assert len(kept) == KEPT
    for path in kept:
        CheckpointFolder(path).verify("best")
    assert not list((work / "mlruns" / "open").iterdir())


def kills(work: Path, chance: random.Random) -> Iterator[str]:
    """Run a sweep to its end, yielding each kill on the way."""
    while True:
        process = start(work)
        limit = time.monotonic() + chance.uniform(2, 40)
        while process.poll() is None:
            time.sleep(0.05)
            if time.monotonic() < limit:
                continue
            what = chance.choice(["trial", "coordinator", "group"])
            if kill(what, process, work):
                yield what
            limit = time.monotonic() + chance.uniform(2, 20)
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
