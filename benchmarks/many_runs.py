"""Make a store of many finished runs, to measure how long the commands that read one take.

Run as ``python benchmarks/many_runs.py FOLDER``: ``FOLDER/mlruns`` then holds an MLflow store and
the runs' folders as dlcli leaves them, without any training. Three of four runs are trainings, each
configuration with four seeds; the others are the trials of one sweep, some evaluations, and the
sweep itself. The scores are drawn from a seeded generator and mean nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dlcli.config.compose import Config, compose
from dlcli.tracking import sqlite
from dlcli.tracking.folder import RunInfo, make_root
from dlcli.tracking.run import flatten

MODELS = ("linear", "mlp", "cnn", "rnn")
SEEDS = 4
NEWEST = 1_795_000_000_000  # when the newest run began, in milliseconds since 1970
GAP_MS = 600_000  # between the starts of two runs
QUANTITIES = {"loss": "min", "acc": "max", "error": "min", "precision": "max", "f1": "max"}
STAGES = ("train", "val", "test")
ENVIRONMENT = {
    "dlcli": "0.1.0",
    "python": "3.11.7",
    "platform": "Linux-x86_64",
    "packages": {"torch": "2.15.0", "pytorch-lightning": "2.6.6", "numpy": "2.4.6"},
    "device": "CPU (x86_64, 2 cores)",
    "cores": 2,
    "threads": 2,
}


@dataclass
class Made:
    """One run of the store."""

    number: int
    kind: str
    name: str
    status: str = "FINISHED"
    reason: str = "finished"
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)  # metric -> its values by epoch
    config: dict[str, Any] | None = None
    origins: Mapping[str, Any] = field(default_factory=dict)
    created: int = 0

    @property
    def id(self) -> str:
        """Its id, the same whenever the store is made."""
        return f"{random.Random(self.number).getrandbits(128):032x}"

    @property
    def ended(self) -> int:
        return self.created + 60_000


def make(folder: Path, runs: int = 2000, epochs: int = 10) -> None:
    """Make ``folder/mlruns``.

    Args:
        folder: where there is no store yet.
        runs: how many in all.
        epochs: values of each metric.
    """
    root = folder.absolute() / "mlruns"
    make_root(root)
    database = root / "mlflow.db"
    with tempfile.TemporaryDirectory() as scratch:
        sqlite.install(sqlite.build(Path(scratch)), database)
    made = list(_runs(runs, epochs))
    with contextlib.closing(sqlite.connect(database)) as connection, connection:
        _fill(connection, root, made)
    for run in made:
        _write(root, run)


def _runs(count: int, epochs: int) -> Iterator[Made]:
    """The runs, the oldest first."""
    sweep = Made(0, "sweep", "many", created=NEWEST - count * GAP_MS)
    sweep.tags = {"dlcli.sweep": "many", "dlcli.kind": "sweep", "dlcli.objective": "val/loss"}
    sweep.tags |= {"dlcli.space": "optimizer.lr: 0.0001 to 0.1", "dlcli.mode.val/loss": "min"}
    yield sweep
    training = sweep
    for number in range(1, count):
        place, created = number % 40, NEWEST - (count - number) * GAP_MS
        if place == 39:
            run = Made(number, "evaluate", f"{training.name}-test", created=created)
            run.tags = {"dlcli.split": "test", "mlflow.parentRunId": training.id}
            run.series = {f"test/{name}": [0.5] for name in QUANTITIES}
        elif place >= 30:
            run = _trained(number, "trial", f"many-{number:04d}", epochs, created)
            run.tags |= {"dlcli.sweep": "many", "mlflow.parentRunId": sweep.id}
            run.tags |= {"dlcli.trial": str(number), "dlcli.searched": "optimizer.lr"}
        else:
            run = training = _trained(number, "train", f"run-{number:04d}", epochs, created)
        run.tags["dlcli.kind"] = run.kind
        yield run


def _trained(number: int, kind: str, name: str, epochs: int, created: int) -> Made:
    """A training as it is recorded: one in thirteen diverged, one in seventeen was stopped."""
    draw = random.Random(number)
    place = number // SEEDS
    config = _config(MODELS[place % len(MODELS)])
    values = json.loads(json.dumps(config.values))
    values["seed"] = values["data"]["seed"] = number % SEEDS
    values["optimizer"]["lr"] = round(10 ** -(1 + place % 30 / 10), 6)
    values["optimizer"]["weight_decay"] = place // 60 * 1e-5
    values["data"]["batch_size"] = 32 << place // 4 % 3
    run = Made(number, kind, name, params=flatten(values), config=values, created=created)
    run.origins = {
        "overrides": [f"optimizer.lr={values['optimizer']['lr']}", f"seed={values['seed']}"],
        "choices": config.choices,
        "allow": [],
        "origins": config.origins | {"optimizer.lr": "override", "seed": "override"},
        "references": config.references,
    }
    run.tags = _tags(config, values["seed"])
    if number % 13 == 0:
        run.status, run.reason = "FAILED", "diverged"
    elif number % 17 == 0:
        run.status, run.reason = "KILLED", "stopped by SIGTERM"
    run.series = _series(draw, epochs, run.status == "FINISHED")
    return run


@cache
def _config(model: str) -> Config:
    return compose("train", [f"model={model}"])


def _tags(config: Config, seed: int) -> dict[str, str]:
    modes = {f"{stage}/{name}": mode for stage in STAGES for name, mode in QUANTITIES.items()}
    return {
        **{f"dlcli.mode.{name}": mode for name, mode in modes.items()},
        **{f"dlcli.choice.{group}": option for group, option in config.choices.items()},
        "dlcli.version": "0.1.0",
        "dlcli.data.fingerprint": "49bc308b62ed7c49" * 4,
        "dlcli.device": str(ENVIRONMENT["device"]),
        "dlcli.seed": str(seed),
        "dlcli.command": "train",
        "dlcli.git.dirty": "false",
        "mlflow.source.git.commit": "fca829236c034a2081e7b4268db3055aaea238b8",
    }


def _series(draw: random.Random, epochs: int, whole: bool) -> dict[str, list[float]]:
    """Metrics by epoch; the scores at the end only of a training that came to it."""
    top = draw.uniform(0.7, 0.99)
    curve = [top * (1 - 0.5**epoch) for epoch in range(1, epochs + 1)]
    values = {"loss": [1 - v for v in curve], "error": [1 - v for v in curve]}
    stages = {stage: {name: values.get(name, curve) for name in QUANTITIES} for stage in STAGES}
    series = {f"{s}/{name}": stages[s][name] for s in ("train", "val") for name in QUANTITIES}
    if not whole:
        return series
    ends = {f"test/{name}": stages["test"][name][-1:] for name in QUANTITIES}
    best = {f"best/val/{name}": stages["val"][name][-1:] for name in QUANTITIES}
    cost = {"cost/params": [650.0], "cost/flops": [1280.0], "cost/duration_s": [60.0]}
    cost |= {"cost/samples_per_second": [2639.4], "cost/peak_memory_mb": [791.5]}
    return {**series, **ends, **best, "best/epoch": [float(epochs)], **cost}


def _fill(database: sqlite3.Connection, root: Path, made: list[Made]) -> None:
    """Write what MLflow knows of the runs, as its own store lays it out."""
    runs = (root / "runs").as_uri()
    cursor = database.execute(
        "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, "
        "last_update_time) VALUES ('dlcli', ?, 'active', ?, ?)",
        (runs, NEWEST, NEWEST),
    )
    experiment = cursor.lastrowid
    database.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, "
        "status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, "
        "experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'me', ?, ?, ?, '', 'active', ?, ?)",
        (
            (r.id, r.name, r.status, r.created, r.ended, f"{runs}/{r.id}/artifacts", experiment)
            for r in made
        ),
    )
    for table in ("params", "tags"):
        database.executemany(
            f"INSERT INTO {table} (key, value, run_uuid) VALUES (?, ?, ?)",
            ((key, text, run.id) for run in made for key, text in _texts(run, table).items()),
        )
    database.executemany(
        "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
        "VALUES (?, ?, ?, ?, ?, 0)",
        (
            (key, value, run.created, run.id, step)
            for run in made
            for key, values in run.series.items()
            for step, value in enumerate(values)
        ),
    )
    database.executemany(
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
        "VALUES (?, ?, ?, ?, 0, ?)",
        (
            (key, values[-1], run.created, len(values) - 1, run.id)
            for run in made
            for key, values in run.series.items()
        ),
    )


def _texts(run: Made, table: str) -> dict[str, str]:
    if table == "params":
        return run.params
    return run.tags | {"mlflow.runName": run.name, "dlcli.reason": run.reason}


def _write(root: Path, run: Made) -> None:
    """Write what is in the run's folder."""
    artifacts = root / "runs" / run.id / "artifacts"
    artifacts.mkdir(parents=True)
    uri = f"sqlite:///{root / 'mlflow.db'}"
    info = RunInfo(run.id, run.name, run.id, "dlcli", uri, True, run.created, run.status)
    known = asdict(info) | {"reason": run.reason, "ended": run.ended, "tags": run.tags}
    (artifacts.parent / "run.json").write_text(json.dumps(known, indent=1))
    with (artifacts.parent / "spool.jsonl").open("w") as spool:
        spool.write(json.dumps({"kind": "param", "values": run.params}) + "\n")
        spool.write(json.dumps({"kind": "tag", "values": run.tags}) + "\n")
        for step in range(max(map(len, run.series.values()), default=0)):
            values = {key: all_[step] for key, all_ in run.series.items() if step < len(all_)}
            line = {"kind": "metric", "time": run.created, "step": step, "values": values}
            spool.write(json.dumps(line) + "\n")
    (artifacts.parent / "delivered").write_text(
        str((artifacts.parent / "spool.jsonl").stat().st_size)
    )
    if run.config is not None:
        (artifacts / "config.yaml").write_text(_yaml(run.config))
        (artifacts / "origins.json").write_text(json.dumps(run.origins, indent=1))
        (artifacts / "environment.json").write_text(json.dumps(ENVIRONMENT, indent=1))


def _yaml(values: Mapping[str, Any]) -> str:
    """As `yaml.safe_dump` writes them, by libyaml, which takes a tenth of the time."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(values, Dumper=dumper, sort_keys=False))


def main() -> None:
    """Make a store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    make(given.folder, given.runs, given.epochs)
    print(f"{given.runs} runs in {given.folder / 'mlruns'}")


if __name__ == "__main__":
    main()
