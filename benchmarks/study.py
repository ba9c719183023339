"""How long a study with many finished trials takes to ask for one more, and what memory it takes.

Run as ``python benchmarks/study.py``, or ``--run 1000``, which is quicker. A study in an SQLite
file is filled with random points of stub trials, each with two reports; then each sampler asks a
copy of it for some more. Prints the memory that the process gained from the 100th trial on, and
for each sampler the medians of the seconds of an ask and of a tell, and what opening the full
study takes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import psutil

from dlcli.config.space import Choice, Interval, Parameter, Space, Steps
from dlcli.search.description import description
from dlcli.search.settings import Kind, Search
from dlcli.search.study import Study

SPACE = Space(
    (
        Parameter("model", Choice(("cnn", "rnn")), group=True),
        Parameter("optimizer.lr", Interval(1e-4, 1e-1, log=True)),
        Parameter("optimizer.weight_decay", Interval(0.0, 0.1)),
        Parameter("data.batch_size", Choice((32, 64, 128))),
        Parameter("model.net.depth", Steps(1, 8), under=(("model", ("cnn",)),)),
    )
)
SAMPLERS: dict[str, dict[str, Any]] = {
    "random": {"_target_": "optuna.samplers.RandomSampler"},
    "qmc": {"_target_": "optuna.samplers.QMCSampler", "scramble": True},
    "tpe": {"_target_": "optuna.samplers.TPESampler", "multivariate": True, "group": True},
    "cmaes": {"_target_": "optuna.samplers.CmaEsSampler"},
    "gp": {"_target_": "optuna.samplers.GPSampler"},
}
PRUNER = {"_target_": "optuna.pruners.NopPruner"}
# Of the database, with the key of its rows.
TABLES = {
    "trials": "trial_id",
    "trial_params": "param_id",
    "trial_values": "trial_value_id",
    "trial_intermediate_values": "trial_intermediate_value_id",
    "trial_user_attributes": "trial_user_attribute_id",
}
WARM_UP = 100  # trials before memory is first read
TARGET_S, TARGET_MB = 1.0, 50.0


def value(point: dict[str, Any]) -> float:
    """A stub's objective, which each parameter has a part in."""
    depth = point.get("model.net.depth", 4)
    return (point["optimizer.lr"] - 0.01) ** 2 + point["optimizer.weight_decay"] + 0.01 * depth


def trial(study: Study, number: int) -> tuple[float, float]:
    """One stub trial of two reports; seconds of its ask and of its tell."""
    start = time.perf_counter()
    point = study.ask(number)
    asked = time.perf_counter() - start
    for step in (1, 2):
        study.report(number, step, value(point) / step)
    start = time.perf_counter()
    study.tell(number, "complete", [value(point)], "finished")
    return asked, time.perf_counter() - start


def resident() -> float:
    """Memory of this process in MB."""
    return float(psutil.Process(os.getpid()).memory_info().rss) / 1e6


def fill(path: Path, trials: int) -> None:
    """Make a study of stub trials at random points, and print what memory that takes."""
    study = Study.create(*arguments("random", path))
    before, start = resident(), time.perf_counter()
    for number in range(trials):
        if number == WARM_UP:
            before = resident()
        trial(study, number)
    taken, gained = time.perf_counter() - start, resident() - before
    study.close()
    print(
        f"{trials} trials in {taken:.0f} s: +{gained:.0f} MB (target {TARGET_MB:.0f})", flush=True
    )


def multiply(path: Path, run: int, trials: int) -> None:
    """Copy the rows of the trials that were run until there are so many."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for shift in range(run, trials, run):
            for table, own in TABLES.items():
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                names.remove(own)
                added = {"number": f"number + {shift}", "trial_id": f"trial_id + {shift}"}
                values = ", ".join(added.get(name, name) for name in names)
                database.execute(
                    f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} "
                    f"WHERE trial_id <= {min(run, trials - shift)} ORDER BY {own}"
                )


def measure(kind: str, path: Path, trials: int, asks: int) -> None:
    """Ask a full study for more, and print what that takes."""
    given = arguments(kind, path)
    describe(path, given)
    start, before = time.perf_counter(), resident()
    study = Study.open(*given)
    opened, gained = time.perf_counter() - start, resident() - before
    taken = [trial(study, number) for number in range(trials, trials + asks)]
    study.close()
    ask, tell = (statistics.median(one) for one in zip(*taken, strict=True))
    print(
        f"{kind:8s} ask {ask * 1000:6.0f} ms (target {TARGET_S * 1000:.0f})  "
        f"tell {tell * 1000:4.0f} ms  open {opened:4.1f} s, +{gained:.0f} MB",
        flush=True,
    )


def arguments(kind: str, path: Path) -> tuple[Any, ...]:
    """What a study with one of the samplers is opened with."""
    search = Search(cast(Kind, kind), SAMPLERS[kind])
    return f"sqlite:///{path}", "stubs", SPACE, search, PRUNER, ["min"]


def describe(path: Path, given: tuple[Any, ...]) -> None:
    """Let a study say that it was made with another sampler."""
    _, _, space, search, pruner, directions = given
    content = json.dumps(description(space, search, pruner, directions))
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE study_user_attributes SET value_json = ?", (content,))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--run", type=int, help="so many; all others are copies of them")
    parser.add_argument("--asks", type=int, default=11)
    parser.add_argument("--samplers", nargs="+", default=["random", "qmc", "tpe", "cmaes"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.db"
        run = min(options.run or options.trials, options.trials)
        fill(full, run)
        multiply(full, run, options.trials)
        for kind in options.samplers:
            path = full.with_name(f"{kind}.db")
            shutil.copyfile(full, path)
            measure(kind, path, options.trials, options.asks)


if __name__ == "__main__":
    main()
