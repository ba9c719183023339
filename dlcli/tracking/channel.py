"""The training process's line to its recorder: one JSON object a line, each way."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, Any

from dlcli.errors import BusyError, ConfigError, DlcliError, StoreError
from dlcli.tracking.python_path import python_path

ERRORS: dict[str, type[DlcliError]] = {
    "config": ConfigError,
    "store": StoreError,
    "busy": BusyError,
}


class Broken(Exception):
    """The recorder process is gone."""


class Channel:
    """A recorder process and the pipes to it.

    Args:
        hello: what the process has to know; sent through the pipe, so that a URI with
            credentials is in no process list.
    """

    def __init__(self, hello: dict[str, Any]) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the channel
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dlcli.tracking.recorder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            env=_environment(),
            start_new_session=True,  # Ctrl-C in the terminal is for the training alone
        )
        self._lock = threading.RLock()
        self._buffer = b""
        self._number = 0
        self.notices: list[str] = []
        self._send({**hello, "parent": os.getpid()})

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, command: str, **fields: Any) -> int:
        """Ask for something; return the number that the reply will bear."""
        with self._lock:
            with contextlib.suppress(TimeoutError):
                while self._waiting(0.0):  # lest the pipe fills with replies that nobody reads
                    self._note(self._receive(0.0))
            self._number += 1
            self._send({"command": command, "number": self._number, **fields})
            return self._number

    def call(self, command: str, timeout: float, **fields: Any) -> dict[str, Any]:
        """Ask and wait for the reply.

        Raises:
            Broken: the process is gone.
            TimeoutError: no reply in ``timeout`` seconds.
            DlcliError: what the recorder refused with.
        """
        with self._lock:
            number = self.send(command, **fields)
            deadline = time.monotonic() + timeout
            while True:
                reply = self._receive(deadline)
                self._note(reply)
                if reply.get("number") == number:
                    break
        if "error" in reply:
            raise ERRORS.get(reply["kind"], StoreError)(reply["error"])
        return reply

    def close(self, wait: float) -> None:
        """Hang up; the process ends when it has delivered what it can."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._log.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(wait)  # else it goes on delivering, and ends by itself
        self._process.returncode = self._process.returncode or 0  # no warning that it lives on

    def stop(self) -> None:
        """End the process at once; for one that has no run to close."""
        self._process.terminate()
        self.close(1.0)

    def last_words(self) -> str:
        """The last line that the process wrote about itself."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.poll()}"

    def _gone(self) -> Broken:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)  # a process that was just killed is not seen dead at once
        return Broken()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message, default=str).encode() + b"\n")
        except (OSError, ValueError) as error:
            raise self._gone() from error

    def _note(self, reply: dict[str, Any]) -> None:
        self.notices += reply.get("notices", ())
        if "say" in reply:
            logging.getLogger("dlcli").warning(reply["say"])

    def _waiting(self, seconds: float) -> bool:
        """Whether there is something to read, or the process is gone."""
        assert self._process.stdout is not None
        buffered = b"\n" in self._buffer
        return buffered or bool(select.select([self._process.stdout], [], [], seconds)[0])

    def _receive(self, deadline: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        while b"\n" not in self._buffer:
            if not self._waiting(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            data = self._process.stdout.read(65536)
            if not data:
                raise self._gone()
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply


def _environment() -> dict[str, str]:
    """The recorder's variables: quiet, quick to give up, and free of another run's ids."""
    environment = dict(os.environ)
    for name in ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"):
        environment.pop(name, None)
    environment |= {
        "PYTHONPATH": python_path(),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "_MLFLOW_TELEMETRY_PRE_WARM_DATABRICKS_SDK": "false",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
        "GIT_PYTHON_REFRESH": "quiet",
        "OMP_NUM_THREADS": "1",
    }
    environment.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
    environment.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    environment.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    return environment
