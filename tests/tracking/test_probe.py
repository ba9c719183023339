"""A server that cannot be used is refused within seconds, without a word of credentials."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dlcli.errors import StoreError
from dlcli.tracking.client import Recorder
from dlcli.tracking.probe import Probe
from dlcli.tracking.settings import MLflow
from dlcli.tracking.uri import resolve

ADVICE = (
    "; start it, name another (tracking.uri=…), or train now and deliver later: "
    "tracking.offline=true"
)
Answer = Callable[[int, str], int]


@pytest.fixture
def answer() -> Iterator[Answer]:
    """A server on a free port that says the same to everyone; returns the port."""
    servers: list[ThreadingHTTPServer] = []

    def serve(status: int, body: str) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return int(servers[-1].server_address[1])

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def refusal(uri: str, limit: float = 5.0) -> str:
    with pytest.raises(StoreError) as refused:
        Probe(resolve(MLflow(uri), Path()), limit).check()
    return str(refused.value)


def test_a_server_that_answers_is_accepted(answer: Answer) -> None:
    Probe(resolve(MLflow(f"http://127.0.0.1:{answer(200, '{}')}"), Path())).check()


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (
            401,
            "",
            "refuses these credentials (HTTP 401): set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
        ),
        (
            403,
            "",
            "refuses these credentials (HTTP 403): set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
        ),
        (404, "", "is no MLflow server (HTTP 404)"),
        (500, "", "answers with an error (HTTP 500)"),
        (
            200,
            "<html>log in</html>",
            "cannot be used (it answers, but not as an MLflow server: a proxy or a login page?)",
        ),
    ],
)
def test_a_server_that_refuses_is_explained(
    answer: Answer, status: int, body: str, problem: str
) -> None:
    port = answer(status, body)
    message = refusal(f"http://ann:s3cret@127.0.0.1:{port}")
    assert message == f"http://127.0.0.1:{port} {problem}{ADVICE}"


def test_a_closed_port_is_explained() -> None:
    port = closed_port()
    problem = "refuses the connection: no server is running there"
    assert refusal(f"http://127.0.0.1:{port}") == f"http://127.0.0.1:{port} {problem}{ADVICE}"


def test_a_silent_server_is_given_up_in_time(black_hole: int) -> None:
    start = time.monotonic()
    message = refusal(f"http://127.0.0.1:{black_hole}", limit=0.5)
    assert "does not answer within" in message
    assert time.monotonic() - start < 3


def test_a_server_without_tls_is_explained(answer: Answer) -> None:
    message = refusal(f"https://127.0.0.1:{answer(200, '{}')}")
    assert "fails the TLS check" in message


def test_an_unknown_host_is_explained() -> None:
    assert "host name that cannot be found" in refusal("http://nowhere.invalid:5000")


def test_a_database_server_that_is_down_is_explained() -> None:
    port = closed_port()
    assert refusal(f"postgresql://ann:s3cret@127.0.0.1:{port}/runs") == (
        f"postgresql://127.0.0.1:{port}/runs refuses the connection: "
        f"no server is running there{ADVICE}"
    )


def test_a_server_that_is_down_refuses_a_run_and_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "mlruns"
    recorder = Recorder.start(MLflow(f"http://ann:s3cret@127.0.0.1:{closed_port()}"), root)
    with pytest.raises(StoreError, match="refuses the connection") as refused:
        recorder.create_run(None, {})
    recorder.close()
    assert "s3cret" not in str(refused.value)
    assert not root.exists()


def test_credentials_are_written_nowhere(tmp_path: Path) -> None:
    settings = MLflow(f"http://ann:s3cret@127.0.0.1:{closed_port()}", offline=True)
    recorder = Recorder.start(settings, tmp_path / "mlruns")
    run = recorder.create_run(None, {})
    run.finish("FINISHED", "done", timeout=1.0)
    recorder.close(timeout=0.1)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 3
    assert not any(b"s3cret" in content for content in written)
    assert not any("s3cret" in line for line in recorder.notices)
