"""What sweeps lose that are killed: ``dlcli sweep``'s, and the loop of Optuna's documentation.

Run as ``python benchmarks/kills.py``, or with ``--kills 300``. Both search the same points of the
same space with the same stub trials, one after the other, and both are killed with SIGKILL at
random times, and started again, until a sweep is finished. Of dlcli a trial's process is killed,
its coordinator, or all its processes, in turn; the loop has one process, which is killed. The loop
is ``study.optimize`` on SQLite with heartbeats, `RetryFailedTrialCallback` and
`MaxTrialsCallback`. Prints what each kept of what was asked for.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import sqlite3
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.search.crashing import Kills, run
from tests.search.stub_sweep import NAME, Spec, sweep, warmed_up

SPEC = Spec(total=8, workers=1, epochs=3, sleep=0.05)
TARGETS = ("trial", "coordinator", "group")
HEARTBEAT_S, GRACE_S = 1, 2  # as short as Optuna takes them


def loop(root: Path, spec: Spec) -> int:
    """The loop, started or started again."""
    import optuna
    from optuna.storages import RDBStorage, RetryFailedTrialCallback
    from optuna.study import MaxTrialsCallback
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    root.mkdir(exist_ok=True)

    def objective(trial: optuna.Trial) -> float:
        value = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        for epoch in range(1, spec.epochs + 1):
            time.sleep(spec.sleep)
            trial.report(value / epoch, epoch)
        return value

    storage = RDBStorage(
        f"sqlite:///{root / 'study.db'}",
        heartbeat_interval=HEARTBEAT_S,
        grace_period=GRACE_S,
        failed_trial_callback=RetryFailedTrialCallback(max_retry=3),
    )
    study = optuna.create_study(
        storage=storage,
        study_name=NAME,
        sampler=optuna.samplers.RandomSampler(seed=spec.seed),
        load_if_exists=True,
    )
    if sum(one.state == TrialState.COMPLETE for one in study.trials) < spec.total:
        enough = MaxTrialsCallback(spec.total, states=(TrialState.COMPLETE,))
        study.optimize(objective, callbacks=[enough])
    return 0


@dataclass(frozen=True)
class Way:
    """One way to search, and what is known of it."""

    name: str
    command: Callable[[Path, Spec], int]
    targets: tuple[str, ...]
    database: str


WAYS = (
    Way("dlcli sweep", sweep, TARGETS, f"sweeps/{NAME}/study.db"),
    Way("Optuna's loop", loop, ("coordinator",), "study.db"),
)


def looked_at(path: Path) -> tuple[Counter[str], list[tuple[float, float]]]:
    """How many trials of each state a database holds; point and value of the complete ones."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        states = Counter(row[0] for row in database.execute("SELECT state FROM trials"))
        answer = database.execute(
            "SELECT param_value, value FROM trials JOIN trial_params USING (trial_id) "
            "JOIN trial_values USING (trial_id) WHERE state = 'COMPLETE'"
        ).fetchall()
    return states, sorted(answer)


def measure(way: Way, kills: int, seed: int, base: Path) -> dict[str, Any]:
    """Kill and start again until so many kills were made; returns what came of it."""
    root, chance = base / "sweep", random.Random(seed)
    whole = run(base / f"whole {way.name}", SPEC, command=way.command)
    _, expected = looked_at(base / f"whole {way.name}" / way.database)
    found: Counter[str] = Counter()
    while found["kills"] < kills:
        shutil.rmtree(root, ignore_errors=True)
        status = None
        while status != 0:
            what = chance.choice(way.targets)
            killing = Kills(what, chance.randrange(10**9), whole.seconds)
            ran = run(root, SPEC, kills=killing, command=way.command)
            status, found["kills"] = ran.status, found["kills"] + ran.kills
        states, answer = looked_at(root / way.database)
        found["sweeps"] += 1
        found["trials asked for"] += SPEC.total
        found["complete"] += states["COMPLETE"]
        found["left running for ever"] += states["RUNNING"]
        found["failed"] += states["FAIL"]
        found["points searched twice"] += len(answer) - len({point for point, _ in answer})
        found["points never searched"] += len({p for p, _ in expected} - {p for p, _ in answer})
        found["sweeps with another answer"] += answer != expected
    return dict(found)


def main() -> None:
    """Measure both, and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, warmed_up(Path(folder) / "warm"):
        found = [measure(way, arguments.kills, arguments.seed, Path(folder)) for way in WAYS]
    print(f"seed {arguments.seed}; {SPEC.total} trials a sweep, one at a time")
    print(f"{'':28}" + "".join(f"{way.name:>15}" for way in WAYS))
    for name in found[0]:
        print(f"{name:28}" + "".join(f"{one[name]:>15}" for one in found))


if __name__ == "__main__":
    main()
