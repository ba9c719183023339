"""Train in processes that can be killed at any time, forked from one with Lightning imported."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import torch

from dlcli.errors import Stopped
from dlcli.models.supervised import Supervised
from dlcli.tracking.history import Series, read_history
from dlcli.training.checkpoint import CheckpointFolder, load

BASE = (
    "trainer=cpu",
    "trainer.max_epochs=6",
    "data.batch_size=256",
    "data.augment.shift=1",
    "model.net.dropout=0.3",
    "~callbacks.early_stopping",
)


@dataclass(frozen=True)
class Outcome:
    """What a run left: its last checkpoint, its metrics by step; how often it was killed.

    Args:
        seconds: how long its last process took.
    """

    checkpoint: dict[str, Any]
    metrics: Series
    kills: int
    seconds: float


def work(overrides: tuple[str, ...], root: Path) -> None:
    """Start the run of a store, or go on in it; what the killed process does."""
    torch.set_num_threads(1)
    from dlcli.config.compose import compose
    from dlcli.config.recorded import from_record
    from dlcli.tracking.client import Recorder
    from dlcli.tracking.settings import NoTracking
    from dlcli.training.resume import resume
    from dlcli.training.train import train

    recorder = Recorder.start(NoTracking(), root)
    started = [path.parent.parent for path in root.glob("runs/*/artifacts/origins.json")]
    if not started:
        train(compose("train", overrides), recorder, root, quiet=True)
        return
    record = recorder.find(started[0].name)
    artifacts = started[0] / "artifacts"
    config = from_record(artifacts, [])
    resume(config, artifacts, record, recorder, root, warn=lambda text: None, quiet=True)


def work_until_stopped(overrides: tuple[str, ...], root: Path) -> None:
    """Work, and end with the exit status that the command would have."""
    try:
        work(overrides, root)
    except Stopped as stopped:
        sys.exit(stopped.status)
    except KeyboardInterrupt:  # before the signals are handled
        sys.exit(128 + signal.SIGINT)


def work_signalled(
    overrides: tuple[str, ...], root: Path, number: signal.Signals, step: int
) -> None:
    """Work, and send the own process a signal when so many batches were learned from."""
    learn = Supervised.training_step

    def training_step(module: Supervised, *batch: Any) -> Any:
        if module.trainer.global_step == step:
            os.kill(os.getpid(), number)
        return learn(module, *batch)

    Supervised.training_step = training_step  # type: ignore[method-assign]
    work_until_stopped((*BASE, *overrides), root)


def run_signalled(
    overrides: tuple[str, ...], root: Path, number: signal.Signals, step: int
) -> Outcome:
    """Train to the end, after a process that got a signal at a step."""
    process = _forked(work_signalled, overrides, root, number, step)
    process.start()
    process.join()
    assert process.exitcode in (-number, 128 + number)
    return replace(run_killed(overrides, root, iter(())), kills=1)


def run_killed(
    overrides: tuple[str, ...],
    root: Path,
    times: Iterator[float],
    number: signal.Signals = signal.SIGKILL,
) -> Outcome:
    """Train to the end, sending the process a signal when each of the times is over."""
    kills = 0
    while True:
        process = _forked(work_until_stopped, (*BASE, *overrides), root)
        started = time.monotonic()
        process.start()
        process.join(next(times, None))
        if process.is_alive():
            assert process.pid is not None
            os.kill(process.pid, number)
            process.join()
        if process.exitcode in (-number, 128 + number):
            kills += 1
            continue
        assert process.exitcode == 0, f"after {kills} kills"
        return Outcome(*_left(root), kills, time.monotonic() - started)


def _forked(target: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.warm"])
    return context.Process(target=target, args=arguments)


def _left(root: Path) -> tuple[dict[str, Any], Series]:
    (config,) = root.glob("runs/*/artifacts/origins.json")
    folder = CheckpointFolder(config.parent / "checkpoints")
    metrics = read_history(config.parent.parent)
    learned = {k: v for k, v in metrics.items() if k.startswith(("train/", "val/", "test/"))}
    return load(folder.verify("last")), learned


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two checkpoints differ, by ``torch.equal`` for tensors."""
    if isinstance(one, torch.Tensor):
        same = isinstance(other, torch.Tensor) and torch.equal(one, other)
        return [] if same else [place]
    if isinstance(one, dict) and isinstance(other, dict):
        keys = {*one, *other}
        return [
            d
            for k in sorted(keys, key=str)
            for d in differences(one.get(k), other.get(k), f"{place}.{k}")
        ]
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        if len(one) != len(other):
            return [place]
        pairs = enumerate(zip(one, other, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{place}[{i}]")]
    return [] if one == other else [f"{place}: {one!r} and {other!r}"]
