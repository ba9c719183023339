"""``dlcli ui``: the MLflow UI on the right store, for this machine alone."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from itertools import islice
from types import FrameType
from typing import Annotated

import typer

from dlcli.cli.options import ConfigDir, Debug, TrackingOverrides
from dlcli.errors import ConfigError, Stopped, StoreError

MOST_SWEEPS = 3  # whose addresses are printed
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, help="Else the first free one from 5000.", show_default=False
    ),
]
Host = Annotated[str, typer.Option("--host", help="An address of this machine's loopback.")]


def ui(
    overrides: TrackingOverrides = None,
    port: Port = None,
    host: Host = LOOPBACK[0],
    config_dir: ConfigDir = None,
    debug: Debug = False,
) -> None:
    """Show recorded runs in the browser, until Ctrl-C."""
    check_host(host)
    from dlcli.config.store import store_root, tracking_settings
    from dlcli.tracking.settings import NoTracking
    from dlcli.tracking.uri import resolve

    settings, root = tracking_settings(overrides or [], config_dir), store_root()
    if isinstance(settings, NoTracking):
        raise ConfigError("tracking: none records in no store, so there is nothing to show")
    target = resolve(settings, root)
    if target.kind in ("http", "other"):
        print(target.shown)
        return
    if target.path is not None and not target.path.exists():
        raise StoreError(f"{target.path}: there is no store yet; record a run: dlcli train")
    from dlcli.tracking.ui import bind, serve

    signal.signal(signal.SIGTERM, _stop)
    with bind(host, port) as socket:
        if port is None and socket.getsockname()[1] != 5000:
            print("port 5000 is taken; the next free one is used", file=sys.stderr)
        try:
            serve(target, settings.experiment, root, socket, _announce)
        except KeyboardInterrupt:
            raise typer.Exit(128 + signal.SIGINT) from None


def check_host(host: str) -> None:
    """Refuse (ConfigError) to listen where others can reach it."""
    if host not in LOOPBACK:
        raise ConfigError(
            f"--host {host}: the MLflow UI has no login, so whoever reaches it can read, change "
            "and delete every run; it listens on 127.0.0.1 only. From another machine: "
            "ssh -L 5000:127.0.0.1:5000 THIS_MACHINE"
        )


def _announce(url: str, runs: str, sweeps: Mapping[str, str]) -> None:
    lines = {"MLflow UI": url, "runs": runs}
    lines |= {f"sweep {name}": page for name, page in islice(sweeps.items(), MOST_SWEEPS)}
    width = max(map(len, lines))
    print("\n".join(f"{name.ljust(width)}  {page}" for name, page in lines.items()), flush=True)
    print("Ctrl-C ends it", file=sys.stderr)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped("stopped by SIGTERM", number)
