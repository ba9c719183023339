"""A whole sweep of stub trials, as the command runs one, in processes that are quickly made."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

from dlcli.config.domain import Interval
from dlcli.config.space import Parameter, Space
from dlcli.errors import StoreError
from dlcli.search import findings
from dlcli.search.checkpoints import keep_best
from dlcli.search.coordinator import Coordinator
from dlcli.search.folder import Frozen, SweepFolder
from dlcli.search.local import LocalExecutor
from dlcli.search.recording import SweepRecording
from dlcli.search.server import Server
from dlcli.search.settings import Search
from dlcli.search.study import Study
from dlcli.search.summary import summarize
from dlcli.search.trial import STORAGE
from dlcli.search.warm import Warm
from dlcli.tracking.client import Recorder
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.settings import NoTracking
from tests.search.fakes import Watch
from tests.search.steps import Steps

NAME = "digits"
KEPT = 2  # checkpoints, of the best trials
SPACE = Space((Parameter("optimizer.lr", Interval(1e-4, 1e-1, log=True)),))
STEPS: list[Steps] = []  # of this process


@dataclass(frozen=True)
class Spec:
    """What is swept.

    Args:
        epochs: of each trial.
        sleep: seconds an epoch.
        executor: what runs the trials, given the number of workers.
    """

    total: int = 4
    workers: int = 2
    kind: str = "random"
    epochs: int = 2
    sleep: float = 0.01
    seed: int = 7
    space: Space = SPACE
    stub: Mapping[str, Any] = field(default_factory=dict)

    @property
    def search(self) -> Search:
        samplers = {
            "random": {"_target_": "optuna.samplers.RandomSampler"},
            "tpe": {"_target_": "optuna.samplers.TPESampler", "n_startup_trials": 2},
            "qmc": {"_target_": "optuna.samplers.QMCSampler", "scramble": True},
            "grid": None,
        }
        return Search(
            kind=self.kind,  # type: ignore[arg-type]
            sampler=samplers[self.kind],
            n_trials=self.total,
            retries=1000,  # a kill is no fault of the trial
            seed=self.seed,
        )


def runs(root: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every run's id, and what it says of itself; a folder that says nothing is none."""
    paths = sorted((root / "runs").glob("*"))
    read = [(path.name, RunFolder(root, path.name).read()) for path in paths]
    return [(run_id, vars(info)) for run_id, info in read if info]


class Forked:
    """A server that is forked from this process, which has everything imported."""

    returncode: int | None = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float = 60.0) -> int:
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired("server", timeout)
            time.sleep(0.001)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


class ForkedWarm(Warm):
    """`Warm` without the seconds that a new interpreter takes."""

    def _spawn(self, control: Any, alive: int, preload: Any, environment: Any) -> Any:
        pid = os.fork()
        if pid:
            return Forked(pid)
        try:
            os.setsid()
            for steps in STEPS:
                steps.become("server")
            self._control.close()
            os.close(self._alive)
            Server(control, alive).serve()
        finally:
            os._exit(0)


class ForkedExecutor(LocalExecutor):
    """`LocalExecutor` with such a server."""

    def _new_server(self) -> Warm:
        return ForkedWarm((), {})


@contextmanager
def warmed_up(root: Path) -> Iterator[None]:
    """Do here what every forked process would do again: import, and read Optuna's migrations."""
    from optuna.storages._rdb.storage import _VersionManager

    read = _VersionManager._create_alembic_script
    scripts: list[Any] = []

    def create(manager: Any) -> Any:
        if not scripts:
            scripts.append(read(manager))
        return scripts[0]

    no_figures = mock.patch.object(findings, "write_findings", return_value=[])
    with mock.patch.object(_VersionManager, "_create_alembic_script", create), no_figures:
        assert sweep(root, Spec(total=1)) == 0
        yield


def sweep(root: Path, spec: Spec) -> int:
    """Run a sweep, or what is missing of it, as the command does; returns the exit status."""
    folder = SweepFolder(root, NAME)
    with folder.owned():
        frozen = folder.read() if folder.exists else _freeze(folder, spec)
        study = _study(folder, spec)
        folder.note_study()
        recorder = Recorder.start(NoTracking(), root)
        record = SweepRecording.open(recorder, folder, frozen)
        executor = ForkedExecutor(spec.workers)
        try:
            ending = _coordinator(folder, study, executor, record, spec).run()
            if ending.reason != "finished":
                record.stopped()
                return StoreError.status if ending.reason == STORAGE else 7
            summary = summarize(study, folder, frozen)
            record.finish(study, summary, {}, ending.reason)
            folder.finish({"summary": summary})
        finally:
            executor.close()
            study.close()
    return 0


def _study(folder: SweepFolder, spec: Spec) -> Study:
    make = Study.open if folder.has_study else Study.create
    url = f"sqlite:///{folder.database}"
    node = {"_target_": "optuna.pruners.NopPruner"}
    return make(url, NAME, spec.space, spec.search, node, ["min"])


def _coordinator(
    folder: SweepFolder,
    study: Study,
    executor: LocalExecutor,
    record: SweepRecording,
    spec: Spec,
) -> Coordinator:
    def prepare(number: int, params: Mapping[str, Any]) -> dict[str, Any]:
        value = sum(float(value) for value in params.values())
        trial = {"epochs": spec.epochs, "sleep": spec.sleep, "value": value}
        return trial | {"root": str(folder.root), **spec.stub}

    return Coordinator(
        folder=folder,
        study=study,
        executor=executor,
        recording=record,
        search=spec.search,
        total=spec.total,
        metrics=["val/loss"],
        prepare=prepare,
        task="tests.search.stub:run",
        watch=Watch(),
        tidy=lambda: keep_best(record, KEPT),
    )


def _freeze(folder: SweepFolder, spec: Spec) -> Frozen:
    frozen = Frozen(
        name=NAME,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        overrides=[],
        searched=[],
        allow=[],
        space=spec.space.as_dict(),
        settings={},
        metrics=["val/loss"],
        modes=["min"],
        base={},
    )
    folder.freeze(frozen)
    return frozen
