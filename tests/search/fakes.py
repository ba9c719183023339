"""Stand-ins for what a coordinator works with: trials that do at once what a script says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlcli.search.coordinator import Coordinator
from dlcli.search.ending import Ending
from dlcli.search.folder import SweepFolder
from dlcli.search.settings import Search
from dlcli.search.trial import Report, Result, TrialFolder

Script = Callable[[TrialFolder, dict[str, Any]], int]


def complete(trial: TrialFolder, payload: dict[str, Any]) -> int:
    """Report two epochs and end well."""
    for step in (1, 2):
        trial.append(Report(step, {"val/loss": 1.0 / step}))
    trial.write_result(Result("complete", "finished", {"val/loss": float(trial.number)}))
    return 0


def failing(reason: str) -> Script:
    """End with a failed result."""

    def script(trial: TrialFolder, payload: dict[str, Any]) -> int:
        trial.write_result(Result("failed", reason, {}, "it broke"))
        return 0

    return script


def dying(status: int) -> Script:
    """End with a status and no result."""
    return lambda trial, payload: status


class Process:
    """A process that is over as soon as it has started, unless it is to run on."""

    pid = None

    def __init__(self, status: int | None) -> None:
        self.exitcode = status
        self.asked: list[str] = []
        self.sentinel, self._end = os.pipe()
        if status is not None:
            os.close(self._end)

    @property
    def alive(self) -> bool:
        return self.exitcode is None

    def stop(self) -> None:
        self._ended("stop", 143)

    def kill(self) -> None:
        self._ended("kill", -9)

    def _ended(self, how: str, status: int) -> None:
        self.asked.append(how)
        if self.exitcode is None:
            self.exitcode = status
            os.close(self._end)


class Executor:
    """Runs scripts: for each trial a list, of which each attempt takes the next."""

    slots = 2

    def __init__(self, scripts: Mapping[int, list[Any]] | None = None) -> None:
        self.scripts = {number: list(one) for number, one in (scripts or {}).items()}
        self.started: list[int] = []
        self.processes: list[Process] = []

    def start(self, folder: TrialFolder, task: str, payload: dict[str, Any]) -> Process:
        self.started.append(folder.number)
        waiting = self.scripts.get(folder.number) or [complete]
        script = waiting.pop(0)
        process = Process(None if script is None else script(folder, payload))
        self.processes.append(process)
        return process

    def reclaim(self, folder: TrialFolder) -> None: ...

    def close(self) -> None: ...


@dataclass
class Study:
    """Remembers what it is told; proposes the number itself."""

    told: dict[int, tuple[str, Any, str]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    reported: list[tuple[int, int, float]] = field(default_factory=list)
    prunes: set[tuple[int, int]] = field(default_factory=set)

    def ask(self, number: int) -> dict[str, Any]:
        if number not in self.asked:
            self.asked.append(number)
        return {"optimizer.lr": number}

    def report(self, number: int, step: int, value: float) -> bool:
        self.reported.append((number, step, value))
        return (number, step) in self.prunes

    def tell(self, number: int, state: str, values: Any, reason: str = "") -> None:
        self.told[number] = (state, values, reason)

    def states(self) -> dict[int, str]:
        return {n: self.told[n][0] if n in self.told else "running" for n in self.asked}


@dataclass
class Recording:
    """Remembers the calls."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def find(self, number: int) -> str | None:
        return None

    def begin(self, number: int, params: Mapping[str, Any]) -> str:
        self.calls.append(("begin", number))
        return f"run{number}"

    def go_on(self, number: int, run_id: str) -> None:
        self.calls.append(("go_on", number))

    def end(self, number: int, run_id: str, result: Result) -> None:
        self.calls.append(("end", number, result.state, result.reason))

    def interrupted(self, number: int, run_id: str) -> None:
        self.calls.append(("interrupted", number))


@dataclass
class Watch:
    """Remembers what it is told."""

    lines: list[tuple[Any, ...]] = field(default_factory=list)
    on_tick: Callable[[], None] = lambda: None

    def started(self, number: int, params: Mapping[str, Any], again: bool) -> None:
        self.lines.append(("started", number, again))

    def reported(self, number: int, step: int, values: Mapping[str, float]) -> None: ...

    def ended(self, number: int, result: Result) -> None:
        self.lines.append(("ended", number, result.state, result.reason))

    def lost(self, number: int, reason: str, message: str) -> None:
        self.lines.append(("lost", number, reason))

    def tick(self) -> None:
        self.on_tick()


@dataclass
class Scene:
    """A sweep with fakes all round."""

    root: Path
    total: int = 3
    executor: Executor = field(default_factory=Executor)
    study: Study = field(default_factory=Study)
    recording: Recording = field(default_factory=Recording)
    watch: Watch = field(default_factory=Watch)
    limits: dict[str, Any] = field(default_factory=dict)
    metrics: tuple[str, ...] = ("val/loss",)
    prepare: Callable[..., dict[str, Any]] = lambda number, params: {}
    coordinator: Coordinator | None = None

    @property
    def folder(self) -> SweepFolder:
        return SweepFolder(self.root, "s")

    def run(self, **limits: Any) -> Ending:
        """Run the coordinator to its end."""
        search = Search(kind="random", sampler={}, n_trials=self.total, **limits)
        self.coordinator = Coordinator(
            self.folder, self.study, self.executor, self.recording, search,  # type: ignore[arg-type]
            self.total, self.metrics, self.prepare, "a:b", self.watch,
        )  # fmt: skip
        return self.coordinator.run()
