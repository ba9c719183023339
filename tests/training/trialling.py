"""Run trials in processes forked from a warm one, as a sweep does."""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dlcli.config.compose import Config, compose
from dlcli.errors import Stopped, TrainingError
from dlcli.tracking.folder import RunFolder, RunInfo, make_root

TINY = ("model=mlp", "data.batch_size=256", "trainer=cpu")


@dataclass
class Told:
    """A reporter that remembers what it is told, and asks to stop after so many epochs."""

    stop_after: int | None = None
    steps: list[int] = field(default_factory=list)
    values: list[dict[str, float]] = field(default_factory=list)

    @property
    def stop_asked(self) -> bool:
        return self.stop_after is not None and len(self.steps) >= self.stop_after

    def report(self, step: int, values: Mapping[str, float]) -> bool:
        self.steps.append(step)
        self.values.append(dict(values))
        return self.stop_asked


@dataclass(frozen=True)
class Ended:
    """How a trial's process ended: its outcome, or the error and its reason."""

    status: int | None
    outcome: dict[str, Any] | None = None
    told: Told = field(default_factory=Told)
    error: str = ""
    reason: str = ""


def as_payload(config: Config, root: Path, run_id: str, **more: Any) -> dict[str, Any]:
    """What a trial is handed, having been through JSON."""
    fields = {"config": asdict(config), "root": str(root), "run_id": run_id, "threads": 1}
    return dict(json.loads(json.dumps(fields | more)))


def new_run(root: Path) -> str:
    """A run that was created for a trial, owned by nobody."""
    make_root(root)
    run_id = secrets.token_hex(16)
    folder = RunFolder(root, run_id)
    folder.create(RunInfo(id=run_id, name="trial"), folder.delivery_lock)
    folder.delivery_lock.release()
    return run_id


def payload(root: Path, *overrides: str, allow: tuple[str, ...] = (), **more: Any) -> Any:
    """A new trial on the digits."""
    config = compose("train", (*TINY, *overrides), allow=allow)
    return as_payload(config, root, new_run(root), metrics=["val/loss"], **more)


def work(pipe: Any, task: Mapping[str, Any], told: Told, folder: Path | None) -> None:
    """Run a trial in this process, and send how it ended."""
    if folder is not None:
        os.chdir(folder)
    from dlcli.training.trial import run

    try:
        outcome = run(task, told)
    except Stopped as stopped:
        pipe.send(Ended(None, None, told, str(stopped)))
        os._exit(stopped.status)
    except Exception as error:
        reason = error.reason if isinstance(error, TrainingError) else ""
        pipe.send(Ended(None, None, told, f"{type(error).__name__}: {error}", reason))
        os._exit(1)
    pipe.send(Ended(None, asdict(outcome), told))


def run_trial(
    task: Mapping[str, Any],
    stop_after: int | None = None,
    signal_after: tuple[int, float] | None = None,
    folder: Path | None = None,
) -> Ended:
    """Run a trial to its end.

    Args:
        task: its payload.
        stop_after: ask it to stop after so many epochs.
        signal_after: a signal to send, and the seconds to wait before.
        folder: to work in.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["dlcli.training.warm"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs, task, Told(stop_after), folder))
    process.start()
    theirs.close()
    if signal_after is not None:
        process.join(signal_after[1])
        if process.is_alive() and process.pid is not None:
            os.kill(process.pid, signal_after[0])
    try:
        ended = ours.recv()
    except EOFError:
        ended = Ended(None)
    process.join()
    return Ended(process.exitcode, ended.outcome, ended.told, ended.error, ended.reason)


def wait_for(path: Path, pattern: str, seconds: float = 60.0) -> None:
    """Wait until a folder has a file that matches."""
    deadline = time.monotonic() + seconds
    while not list(path.glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern} in {path}"
        time.sleep(0.02)


def pruned_after_two(task: dict[str, Any], reporter: Any) -> Any:
    """The task of a trial that is pruned after its second epoch; tells where it stopped."""
    from dlcli.training.trial import run

    told = Told(stop_after=2)
    outcome = run(task, told)
    rank = os.environ.get("LOCAL_RANK", "0")
    Path(task["root"], f"rank-{rank}.json").write_text(json.dumps([outcome.state, told.steps]))
    return outcome
