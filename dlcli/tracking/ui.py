"""MLflow's own UI, served by this process on a socket of this machine's loopback."""

from __future__ import annotations

import errno
import os
import socket
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from dlcli.errors import BusyError, ConfigError
from dlcli.tracking.store import Store
from dlcli.tracking.uri import Target
from dlcli.tracking.views import runs_page, save_views

FIRST_PORT = 5000
PORTS = 100
GRACE_S = 2  # for requests that are under way at the end

# Only names of this machine: MLflow's default lets every private network's addresses in.
HOSTS = "localhost,localhost:*,127.0.0.1,127.0.0.1:*,[::1],[[]::1]:*"
# What would switch off or widen the checks of hosts and origins.
UNWANTED = (
    "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE",
    "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS",
    "MLFLOW_ENABLE_REMOTE_ASSISTANT",
    "MLFLOW_ENABLE_WORKSPACES",
)


def bind(host: str, port: int | None) -> socket.socket:
    """A listening socket; on the first free port where none is asked for.

    Raises:
        BusyError: the port is taken.
        ConfigError: the host or port cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in [port] if port else range(FIRST_PORT, FIRST_PORT + PORTS):
        try:
            return socket.create_server((host, number), family=family, backlog=128)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(f"--port {number}: {error.strerror}") from error
    raise BusyError(
        f"port {port} is taken by another program; leave --port out for a free one"
        if port
        else f"all ports from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} are taken"
    )


def serve(
    target: Target,
    experiment: str,
    root: Path,
    listening: socket.socket,
    announce: Callable[[str, str, Mapping[str, str]], None],
) -> None:
    """Serve the UI until a signal ends it.

    Args:
        target: an SQL store that is there.
        experiment: the one whose runs are shown first.
        root: the folder of the runs.
        listening: a bound socket.
        announce: told the URL once it answers, that of the experiment's runs, and those of its
            sweeps by their names, the newest first.

    Raises:
        StoreError: the store cannot be used.
        KeyboardInterrupt: Ctrl-C.
    """
    _environment(target, root)
    page, sweeps = _pages(Store(target, experiment, root))
    # MLflow's server stands on a part of its framework that is to be replaced one day.
    warnings.filterwarnings("ignore", message="starlette.middleware.wsgi is deprecated")
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            url = _url(listening)
            announce(url, f"{url}/{page}", {name: f"{url}/{one}" for name, one in sweeps.items()})

    config = uvicorn.Config(
        "mlflow.server.fastapi_app:app",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    Server(config).run(sockets=[listening])


def _pages(store: Store) -> tuple[str, dict[str, str]]:
    """Where the UI shows the runs of the store's experiment, and its sweeps by their names.

    Raises:
        StoreError: the store cannot be used.
    """
    page = runs_page(store.client.get_experiment_by_name(store.experiment))
    from mlflow.exceptions import MlflowException

    try:
        return page, save_views(store)
    except MlflowException:  # what cannot be written to now can be looked at all the same
        return page, {}


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _environment(target: Target, root: Path) -> None:
    """Tell MLflow's server, which takes its settings from the environment, what to serve."""
    for name in UNWANTED:
        os.environ.pop(name, None)
    runs = (root.absolute() / "runs").as_uri()
    settings = {
        "_MLFLOW_SERVER_FILE_STORE": target.uri,
        "_MLFLOW_SERVER_REGISTRY_STORE": target.uri,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": runs,
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": runs,
        "MLFLOW_SERVER_ALLOWED_HOSTS": HOSTS,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    }
    os.environ.update(settings)
