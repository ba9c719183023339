"""An executor of real processes for all tests of a file, and trials to run in it."""

from __future__ import annotations

import gc
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest

from dlcli.search.local import LocalExecutor
from dlcli.search.process import LocalHandle
from dlcli.search.trial import Result, TrialFolder

STUB = "tests.search.stub:run"


@dataclass
class Trials:
    """Stub trials under one executor."""

    executor: LocalExecutor
    root: Path
    numbers: Iterator[int]

    def start(self, **payload: Any) -> LocalHandle:
        folder = TrialFolder(self.root / "trials" / f"{next(self.numbers):05d}")
        folder.create({})
        return self.executor.start(folder, STUB, payload)

    def run(self, **payload: Any) -> tuple[int | None, Result | None]:
        handle = self.start(**payload)
        return ended(handle), handle.trial.result()


def ended(handle: LocalHandle, seconds: float = 30.0) -> int | None:
    """How a trial's process ended; fails where it does not."""
    until(lambda: not handle.alive, seconds, handle.sentinel)
    return handle.exitcode


def until(done: Callable[[], bool], seconds: float = 10.0, sentinel: int | None = None) -> None:
    """Wait until something is so; fails where it takes longer."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        if sentinel is None:
            time.sleep(0.01)
        else:
            wait([sentinel], 0.01)


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(2)
    yield executor
    executor.close()


@pytest.fixture
def trials(executor: LocalExecutor, tmp_path: Path) -> Trials:
    return Trials(executor, tmp_path, itertools.count())


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    """A folder in memory for sweeps that are killed, and this process ready to be forked."""
    from tests.search.stub_sweep import warmed_up

    memory = Path("/dev/shm")
    base = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    with warmed_up(base / "warm"):
        gc.collect()
        gc.freeze()
        yield base
        gc.unfreeze()
    shutil.rmtree(base)
