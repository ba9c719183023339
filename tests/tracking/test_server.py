"""A tracking server may come, go and forget: training goes on, and nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dlcli.tracking.client import Recorder
from dlcli.tracking.reconcile import reconcile
from dlcli.tracking.run import open_run
from dlcli.tracking.settings import MLflow

LOSSES = "SELECT step, value FROM metrics WHERE key = 'train/loss' ORDER BY step"


class Server:
    """An MLflow server on loopback, on one port for as long as the test lasts."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.uri = f"http://127.0.0.1:{port}"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, database: Path) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(self._port)]
        command += ["--backend-store-uri", f"sqlite:///{database}"]
        command += ["--artifacts-destination", str(self.folder / "stored")]
        log = (self.folder / "server.log").open("ab")
        self._process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
        )
        deadline = time.monotonic() + 90
        while not self._answers():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(f"{self.uri}/health", timeout=1).status == 200)
        return False


@pytest.fixture
def server(tmp_path: Path, free_port: int) -> Iterator[Server]:
    server = Server(tmp_path, free_port)
    yield server
    server.kill()


def query(database: Path, text: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(text).fetchall()


def losses(steps: int) -> list[tuple[int, float]]:
    return [(step, 1 / (step + 1)) for step in range(steps)]


def wait_until(condition: Callable[[], bool], timeout: float = 20.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def kill_recorder(recorder: Recorder) -> None:
    line = recorder._line
    assert line is not None
    os.kill(line.channel.pid, signal.SIGKILL)
    recorder.close()


@pytest.mark.slow
def test_a_server_that_dies_and_forgets_gets_everything_later(
    tmp_path: Path, server: Server, copy_store: Callable[[Path], Path]
) -> None:
    first, second = copy_store(tmp_path / "first.db"), copy_store(tmp_path / "second.db")
    root = tmp_path / "mlruns"
    server.start(first)
    recorder = Recorder.start(MLflow(server.uri), root)
    run = recorder.create_run("steady", {"kind": "test"})
    (run.artifacts / "config.yaml").write_text("seed: 0\n")
    for step in range(10):
        run.log_metrics({"train/loss": 1 / (step + 1)}, step, flush=True)
    wait_until(lambda: query(first, LOSSES) == losses(10))
    assert recorder.find("steady").id == run.id

    server.kill()
    for step in range(10, 20):
        start = time.monotonic()
        run.log_metrics({"train/loss": 1 / (step + 1)}, step, flush=True)
        assert time.monotonic() - start < 1
    assert not run.finish("FINISHED", "done", timeout=2.0)
    kill_recorder(recorder)

    server.start(first)
    lines = reconcile(MLflow(server.uri), root)
    assert lines == [f"run steady ({run.id[:8]}): delivered to {server.uri}"]
    assert query(first, LOSSES) == losses(20)
    assert query(first, "SELECT status FROM runs") == [("FINISHED",)]
    stored = tmp_path / "stored" / "1" / run.id / "artifacts" / "config.yaml"
    assert stored.read_text() == "seed: 0\n"

    server.kill()
    server.start(second)
    recorder = Recorder.start(MLflow(server.uri), root)
    other = recorder.create_run("other", {})
    lost = query(second, "SELECT run_uuid FROM runs")
    other.log_metrics({"train/loss": 1.0}, step=0)
    time.sleep(2)
    with closing(sqlite3.connect(second)) as connection, connection:
        for table in ("metrics", "latest_metrics", "params", "tags", "runs"):
            connection.execute(f"DELETE FROM {table}")
    for step in range(1, 5):
        other.log_metrics({"train/loss": 1 / (step + 1)}, step)
    assert other.finish("FINISHED", "done", timeout=20)
    recorder.close()
    assert query(second, LOSSES) == losses(5)
    assert query(second, "SELECT run_uuid FROM runs") != lost
    linked = "SELECT value FROM tags WHERE key = 'dlcli.run_id'"
    assert query(second, linked) == [(other.id,)]


@pytest.mark.slow
def test_a_run_begun_offline_is_delivered_when_the_server_is_there(
    tmp_path: Path, server: Server, copy_store: Callable[[Path], Path]
) -> None:
    settings = MLflow(server.uri, offline=True)
    root = tmp_path / "mlruns"
    recorder = Recorder.start(settings, root)
    run = recorder.create_run("alone", {"kind": "test"})
    assert recorder.notices == [
        f"{server.uri} refuses the connection: no server is running there; recording offline"
    ]
    run.log_metrics({"train/loss": 1.0}, step=0)
    assert not run.finish("FINISHED", "done", timeout=1.0)
    kill_recorder(recorder)

    database = copy_store(tmp_path / "server.db")
    server.start(database)
    assert reconcile(settings, root)[0].endswith(f": delivered to {server.uri}")
    assert reconcile(settings, root) == []
    assert query(database, LOSSES) == losses(1)
    assert query(database, "SELECT name, status FROM runs") == [("alone", "FINISHED")]
    recorder = Recorder.start(settings, root)
    assert recorder.find("alone").id == run.id
    recorder.close()


@pytest.mark.slow
def test_checkpoints_of_a_child_are_stored_when_they_are_to_stay(
    tmp_path: Path, server: Server, copy_store: Callable[[Path], Path]
) -> None:
    server.start(copy_store(tmp_path / "server.db"))
    recorder = Recorder.start(MLflow(server.uri), tmp_path / "mlruns")
    parent = recorder.create_run("s", {"dlcli.kind": "sweep"})
    child = recorder.create_child("s-0", {"dlcli.kind": "trial"}, parent.id)
    run = open_run(recorder.root, child)
    (run.artifacts / "config.yaml").write_text("seed: 0\n")
    (run.artifacts / "checkpoints").mkdir()
    (run.artifacts / "checkpoints" / "best.ckpt").touch()
    run.release()
    stored = tmp_path / "stored" / "1" / child / "artifacts"
    recorder.close_run(child, "FINISHED", "finished")
    wait_until((stored / "config.yaml").exists)
    assert not (stored / "checkpoints").exists()
    recorder.keep_checkpoints(child)
    assert parent.finish("FINISHED", "finished", timeout=20)
    assert (stored / "checkpoints" / "best.ckpt").exists()
    recorder.close()
