"""A store that is made once and copied, and processes that can be killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.template import empty_store

REPOSITORY = Path(__file__).parents[2]

TRAIN = """
import sys, time
from pathlib import Path
from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import MLflow
recorder = Recorder.start(MLflow(**eval(sys.argv[2])), Path(sys.argv[1]))
run = recorder.create_run("victim", {"kind": "test"})
run.log_params({"lr": 0.1})
for step in range(10):
    run.log_metrics({"train/loss": 1 / (step + 1)}, step, flush=step == 9)
print(run.id, recorder._line.channel.pid, flush=True)
sys.stdin.readline()
for step in range(10, 20):
    run.log_metrics({"train/loss": 1 / (step + 1)}, step, flush=step == 19)
run.finish("FINISHED", "done", timeout=60)
recorder.close()
print(run.delivered, flush=True)
"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture
def repository() -> Path:
    """Where this package is imported from."""
    return REPOSITORY


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as MLflow makes it, empty."""
    return empty_store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def copy_store(new_store: Path) -> Callable[[Path], Path]:
    """Put an empty store at a path."""
    return lambda path: Path(shutil.copy(new_store, path))


@pytest.fixture
def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def root(tmp_path: Path, new_store: Path) -> Path:
    """A folder of runs whose store is there already, as migrations take seconds."""
    root = tmp_path / "mlruns"
    root.mkdir()
    shutil.copy(new_store, root / "mlflow.db")
    return root


class Training:
    """A process that records a run, waits for a line, and goes on."""

    def __init__(self, root: Path, settings: dict[str, object]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", TRAIN, str(root), repr(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        self.run_id, self.recorder = words[0], int(words[1])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_recorder(self) -> None:
        os.kill(self.recorder, signal.SIGKILL)
        wait_until(lambda: _is_dead(self.recorder))

    def kill_both(self) -> None:
        """As a power cut would: neither sees the other die."""
        self.process.send_signal(signal.SIGSTOP)
        self.kill_recorder()
        self.kill()

    def go_on(self) -> str:
        """Let it finish; what it printed."""
        return self.process.communicate("\n", timeout=60)[0].strip()


@pytest.fixture
def train(root: Path) -> Iterator[Callable[..., Training]]:
    """Start a training that records under ``root``."""
    started: list[Training] = []

    def start(**settings: object) -> Training:
        started.append(Training(root, settings))
        return started[-1]

    yield start
    for one in started:
        one.kill()


Rows = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def rows(root: Path) -> Rows:
    """What a query finds in the store of ``root``."""

    def find(query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(root / "mlflow.db")) as database:
            return database.execute(query).fetchall()

    return find


@pytest.fixture
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds."""
    return wait_until


def wait_until(condition: Callable[[], bool], timeout: float = 20.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _is_dead(pid: int) -> bool:
    """Whether every thread has ended, as the last of them lets go of the files."""
    with suppress(OSError):
        threads = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
        return all(text.rpartition(")")[2].split()[0] in "ZX" for text in threads)
    return True


@pytest.fixture
def recorder(root: Path) -> Iterator[Recorder]:
    recorder = Recorder.start(MLflow(), root)
    yield recorder
    recorder.close()


@pytest.fixture
def folder_only(tmp_path: Path) -> Recorder:
    return Recorder.start(NoTracking(), tmp_path / "mlruns")
