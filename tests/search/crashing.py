"""A whole sweep of stub trials in processes that may be killed, and what is left of them."""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import subprocess
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlcli.config.domain import Interval
from dlcli.config.space import Parameter, Space
from dlcli.search.coordinator import Coordinator
from dlcli.search.folder import Frozen, SweepFolder
from dlcli.search.local import LocalExecutor
from dlcli.search.server import Server
from dlcli.search.settings import Search
from dlcli.search.study import Study
from dlcli.search.trial import Result
from dlcli.search.warm import Warm
from dlcli.tracking.client import Recorder
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.settings import NoTracking
from tests.search.fakes import Watch
from tests.search.processes import descendants
from tests.search.steps import Plan, Steps, lose_unsynced

NAME = "digits"
STATUS = {"complete": "FINISHED", "pruned": "FINISHED", "failed": "FAILED"}
SPACE = Space((Parameter("optimizer.lr", Interval(1e-4, 1e-1, log=True)),))
STUCK_S = 60.0  # nothing may take longer
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


class Runs:
    """Run folders without a store, of which each trial has one."""

    def __init__(self, root: Path) -> None:
        self._recorder = Recorder.start(NoTracking(), root)
        self._root = root

    def find(self, number: int) -> str | None:
        return next((one for one, info in runs(self._root) if info["name"] == f"t{number}"), None)

    def begin(self, number: int, params: Mapping[str, Any]) -> str:
        return self._recorder.create_child(f"t{number}", {}, "parent", params)

    def go_on(self, number: int, run_id: str) -> None:
        self._recorder.adopt(run_id)

    def end(self, number: int, run_id: str, result: Result) -> None:
        self._recorder.close_run(run_id, STATUS[result.state], result.reason)

    def interrupted(self, number: int, run_id: str) -> None:
        self._recorder.close_run(run_id, "KILLED", "stopped")


def runs(root: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every run's id, and what it says of itself."""
    found = []
    for path in sorted((root / "runs").glob("*")):
        info = RunFolder(root, path.name).read()
        found.append((path.name, vars(info) if info else {"name": "", "status": ""}))
    return found


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

    def wait(self, timeout: float = STUCK_S) -> int:
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


def warm_up(root: Path) -> None:
    """Do here what every forked process would do again: import, and read Optuna's migrations."""
    from optuna.storages._rdb.storage import _VersionManager

    read = _VersionManager._create_alembic_script
    scripts: list[Any] = []

    def create(manager: Any) -> Any:
        if not scripts:
            scripts.append(read(manager))
        return scripts[0]

    _VersionManager._create_alembic_script = create  # type: ignore[method-assign]
    assert sweep(root, Spec(total=1)) == 0


def sweep(root: Path, spec: Spec) -> int:
    """Run a sweep, or what is missing of it; returns the exit status."""
    folder = SweepFolder(root, NAME)
    with folder.owned():
        if not folder.exists:
            folder.freeze(_frozen(spec))
        make = Study.open if folder.has_study else Study.create
        url = f"sqlite:///{folder.database}"
        node = {"_target_": "optuna.pruners.NopPruner"}
        study = make(url, NAME, spec.space, spec.search, node, ["min"])
        folder.note_study()
        executor = ForkedExecutor(spec.workers)
        try:
            ending = _coordinator(folder, study, executor, spec).run()
        finally:
            executor.close()
            study.close()
        if ending.reason == "finished":
            folder.finish({"summary": {}})
    return 0 if ending.reason == "finished" else 7


def _coordinator(
    folder: SweepFolder, study: Study, executor: LocalExecutor, spec: Spec
) -> Coordinator:
    def prepare(number: int, params: Mapping[str, Any]) -> dict[str, Any]:
        value = sum(float(value) for value in params.values())
        return {"epochs": spec.epochs, "sleep": spec.sleep, "value": value, **spec.stub}

    return Coordinator(
        folder=folder,
        study=study,
        executor=executor,
        recording=Runs(folder.root),
        search=spec.search,
        total=spec.total,
        metrics=["val/loss"],
        prepare=prepare,
        task="tests.search.stub:run",
        watch=Watch(),
    )


def _frozen(spec: Spec) -> Frozen:
    return Frozen(
        name=NAME, created="2026", overrides=[], searched=[], allow=[],
        space=spec.space.as_dict(), settings={}, metrics=["val/loss"], modes=["min"], base={},
    )  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """How a run of the sweep ended.

    Args:
        status: of the coordinator; minus the signal that ended it.
        seconds: until then.
        lingered: seconds from then on until every other process was gone, too.
        kills: how many processes, or groups of them, were killed.
    """

    status: int
    seconds: float
    lingered: float
    kills: int = 0


Killer = Callable[[int, random.Random], bool]  # given the coordinator; whether it killed any


def run(
    root: Path,
    spec: Spec,
    notes: Path | None = None,
    plan: Plan | None = None,
    killer: Killer | None = None,
    seed: int = 0,
    command: Callable[[Path, Spec], int] = sweep,
) -> Ran:
    """Run a sweep in a process of its own, with one above it that sees to what is left.

    Args:
        notes: where its steps are noted.
        plan: where it dies.
        killer: called again and again, after random times.
        seed: of those.
        command: what the process does.
    """
    read, write = os.pipe()
    janitor = os.fork()
    if janitor == 0:
        try:
            os.close(read)
            ran = _oversee(root, spec, notes, plan, killer, seed, command)
            os.write(write, json.dumps(vars(ran)).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(janitor, 0)
    return Ran(**json.loads(said))


def _oversee(
    root: Path,
    spec: Spec,
    notes: Path | None,
    plan: Plan | None,
    killer: Killer | None,
    seed: int,
    command: Callable[[Path, Spec], int],
) -> Ran:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans come here
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _coordinate(root, spec, notes, plan, command)
    kills, chance, status = 0, random.Random(seed), None
    while status is None:
        time.sleep(chance.uniform(0.0, 0.2) if killer else 0.001)
        ended, code = os.waitpid(pid, os.WNOHANG)
        if ended:
            status = os.waitstatus_to_exitcode(code)
        elif killer:
            kills += killer(pid, chance)
        if time.monotonic() - begun > STUCK_S:
            raise TimeoutError(f"the sweep is stuck; below {root}")
    seconds = time.monotonic() - begun
    if plan is not None and plan.power:
        end_all()
    lingered = _await_orphans()
    if plan is not None and plan.power and notes is not None:
        lose_unsynced(notes / "journal")
    return Ran(status, seconds, lingered, kills)


def _coordinate(
    root: Path,
    spec: Spec,
    notes: Path | None,
    plan: Plan | None,
    command: Callable[[Path, Spec], int],
) -> None:
    status = 1
    try:
        os.setsid()
        if notes is not None:
            STEPS.append(Steps(root, notes, plan or Plan("", 0)))
            STEPS[0].install()
        status = command(root, spec)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def end_all() -> None:
    """Kill every process below this one."""
    for pid in descendants(os.getpid()):
        os.kill(pid, signal.SIGKILL)


def _await_orphans() -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < STUCK_S:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)
        except ChildProcessError:
            break
    return time.monotonic() - begun
