"""Whether a tracking server answers, known within five seconds and without importing MLflow."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import unquote, urlsplit

from dlcli.errors import StoreError
from dlcli.tracking.uri import Target, scrub, secrets

LIMIT_S = 5.0
_ASK = "/api/2.0/mlflow/experiments/search?max_results=1"


class Probe:
    """One question to a server, asked in the background from the start."""

    def __init__(self, target: Target, limit: float = LIMIT_S) -> None:
        self._target = target
        self._limit = limit
        self._deadline = time.monotonic() + limit
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Wait for the answer.

        Raises:
            StoreError: there is none in time, or not that of an MLflow server.
        """
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        problem = self._problem
        if self._thread.is_alive():
            problem = f"does not answer within {self._limit:.0f} s"
        if problem:
            raise refusal(self._target, problem)

    def _ask(self) -> None:
        try:
            if self._target.kind == "http":
                _ask_http(self._target, self._limit)
            elif self._target.address:
                socket.create_connection(self._target.address, self._limit).close()
        except Exception as error:  # any failure is an answer
            self._problem = explain(error)


def refusal(target: Target, problem: str) -> StoreError:
    """The refusal of a store that cannot be used now."""
    problem = scrub(problem, secrets(target.uri))
    return StoreError(
        f"{target.shown} {problem}; start it, name another (tracking.uri=…), or train now and "
        "deliver later: tracking.offline=true"
    )


def explain(error: BaseException) -> str:
    """What is wrong with a server, in half a sentence."""
    reason = getattr(error, "reason", None)
    if isinstance(error, urllib.error.HTTPError):
        return _status(error.code)
    if isinstance(reason, BaseException):
        return explain(reason)
    if isinstance(error, ssl.SSLError):
        return f"fails the TLS check ({reason or error})"
    if isinstance(error, socket.gaierror):
        return "has a host name that cannot be found"
    if isinstance(error, TimeoutError):
        return f"does not answer within {LIMIT_S:.0f} s"
    if isinstance(error, ConnectionRefusedError):
        return "refuses the connection: no server is running there"
    return f"cannot be used ({error or type(error).__name__})"


def _status(code: int) -> str:
    if code in (401, 403):
        return (
            f"refuses these credentials (HTTP {code}): set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        )
    if code == 404:
        return "is no MLflow server (HTTP 404)"
    return f"answers with an error (HTTP {code})"


def _ask_http(target: Target, limit: float) -> None:
    parts = urlsplit(target.uri)
    host = parts.netloc.rpartition("@")[2]
    url = f"{parts.scheme}://{host}{parts.path.rstrip('/')}{_ASK}"
    request = urllib.request.Request(url, headers=_headers(parts.username, parts.password))
    with urllib.request.urlopen(request, timeout=limit, context=_context(parts.scheme)) as reply:
        body = reply.read(1 << 20)
    with contextlib.suppress(ValueError):
        if isinstance(json.loads(body), dict):
            return
    raise ValueError("it answers, but not as an MLflow server: a proxy or a login page?")


def _headers(user: str | None, password: str | None) -> dict[str, str]:
    user = unquote(user) if user else os.environ.get("MLFLOW_TRACKING_USERNAME")
    password = unquote(password) if password else os.environ.get("MLFLOW_TRACKING_PASSWORD")
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if user and password:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {basic}"}
    return {"Authorization": f"Bearer {token}"} if token else {}


def _context(scheme: str) -> ssl.SSLContext | None:
    if scheme != "https":
        return None
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("1", "true"):
        return ssl._create_unverified_context()
    path = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    bundle = path or os.environ.get("REQUESTS_CA_BUNDLE")
    if not bundle:
        with contextlib.suppress(ImportError):
            import certifi

            bundle = certifi.where()
    return ssl.create_default_context(cafile=bundle)
