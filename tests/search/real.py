"""A sweep of real trainings, as a command of its own, and what it comes to."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from dlcli.search.folder import SweepFolder
from dlcli.training.checkpoint import CheckpointFolder

DLCLI = Path(sys.executable).with_name("dlcli")
TRIALS, KEPT = 6, 2
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
