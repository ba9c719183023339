"""``dlcli ui`` serves the right store to this machine alone, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from dlcli.errors import BusyError
from dlcli.tracking.ui import bind
from tests.conftest import Trained, environment


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org"])
def test_another_host_is_refused_with_the_risk(dlcli, host):
    done = dlcli("ui", "--host", host)
    assert (done.status, done.stderr) == (
        2,
        f"error: --host {host}: the MLflow UI has no login, so whoever reaches it can read, change "
        "and delete every run; it listens on 127.0.0.1 only. From another machine: "
        "ssh -L 5000:127.0.0.1:5000 THIS_MACHINE\n",
    )


def test_no_store_is_said_with_how_to_make_one(dlcli, folder):
    done = dlcli("ui")
    assert (done.status, done.stderr) == (
        4,
        f"error: {folder}/mlruns/mlflow.db: there is no store yet; record a run: dlcli train\n",
    )
    assert list(folder.iterdir()) == []


def test_a_server_has_its_own_ui(dlcli, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@tracker:5000")
    done = dlcli("ui")
    assert (done.status, done.stdout) == (0, "http://tracker:5000\n")


def test_without_tracking_there_is_nothing_to_show(dlcli):
    assert dlcli("ui", "tracking=none").status == 2


def test_a_taken_port_is_refused_where_it_was_asked_for():
    with bind("127.0.0.1", None) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BusyError, match=f"port {port} is taken by another program"):
            bind("127.0.0.1", port)
        with bind("127.0.0.1", None) as other:
            assert other.getsockname()[1] > port


class Served:
    """A running UI."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dlcli", "ui", "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment(folder),
        )
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline().split() for _ in range(2)]

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        url = f"http://127.0.0.1:{self.port}{path}"
        data = b"{}" if method == "POST" else None
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@pytest.fixture(scope="module")
def served(trained: Trained) -> Iterator[Served]:
    served = Served(trained.folder)
    yield served
    served.process.kill()
    served.process.communicate()


def test_the_url_is_printed_once_it_answers(served: Served):
    url = f"http://127.0.0.1:{served.port}"
    page = f"{url}/#/experiments/1/runs?workflowType=machine_learning"
    assert served.said == [["MLflow", "UI", url], ["runs", page]]
    assert served.ask("/")[0] == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("evil.example", 403), ("192.168.1.5:5000", 403), ("10.0.0.1", 403)],
)
def test_a_foreign_host_header_is_refused(served: Served, host, status):
    assert served.ask("/api/2.0/mlflow/experiments/get?experiment_id=1", Host=host)[0] == status


def test_a_request_from_another_site_is_refused(served: Served):
    headers = {"Origin": "http://evil.example", "Content-Type": "application/json"}
    assert served.ask("/ajax-api/2.0/mlflow/runs/delete", "POST", **headers)[0] == 403


def test_artifacts_are_shown(served: Served, trained: Trained):
    run = trained.result["run_id"]
    status, figure = served.ask(f"/get-artifact?path=figures/learning_curves.png&run_uuid={run}")
    assert (status, figure[:4]) == (200, b"\x89PNG")
    _, listed = served.ask(f"/api/2.0/mlflow/artifacts/list?run_id={run}")
    assert "config.yaml" in [file["path"] for file in json.loads(listed)["files"]]


def test_ctrl_c_ends_it_and_all_it_started(served: Served):
    family = [psutil.Process(served.process.pid), *psutil.Process(served.process.pid).children()]
    served.process.send_signal(signal.SIGINT)
    _, complaints = served.process.communicate(timeout=15)
    assert served.process.returncode == 130
    assert "Traceback" not in complaints
    assert not any(process.is_running() for process in family)
    with closing(socket.create_server(("127.0.0.1", served.port))):
        pass
