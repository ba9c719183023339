"""What a forked process does to become a trial's and nothing else."""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import json
import os
import signal
import socket
import sys
import traceback
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TextIO

from dlcli.search.worker import work

# Variables that say what a new interpreter is to run; Lightning's further ranks find them, too.
TRIAL = "DLCLI_TRIAL_"
VARIABLE = 100_000  # characters; the system takes no more than 128 KiB in one, and 2 MiB in all
# What says to a process that it is a further rank, of a training that a sweep was started from.
RANK = ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
STATUS = 70  # of a trial that could not even begin
DONE = b"."
STOPPING = (signal.SIGINT, signal.SIGTERM)  # what the server ignores and a trial obeys

Request = dict[str, Any]  # folder, task, payload, environment, path, fresh


def alone(others: Iterable[int]) -> None:
    """Take this process, just forked with its signals blocked, out of its parent's affairs.

    Args:
        others: what is open here and not its business.
    """
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    for one in others:
        os.close(one)


def become(request: Request, output: int, alive: int, line: socket.socket) -> NoReturn:
    """Turn this process into a trial's; never returns.

    Args:
        output: where it prints to.
        alive: a pipe that ends with the coordinator.
        line: where to say that all is done but the process's end, which may take a while.
    """
    status = STATUS
    try:
        _redirect(output, alive if request["fresh"] else None)
        os.environ.update(request["environment"])
        if request["fresh"]:
            _execute(request)
        sys.path[:] = request["path"]
        status = run(request, alive)
        if status == 0:
            line.sendall(DONE)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def run(request: Request, alive: int) -> int:
    """Run the trial; returns the status to exit with."""
    faulthandler.enable()
    status = work(Path(request["folder"]), request["task"], request["payload"], alive)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return status


def packed(request: Request) -> dict[str, str]:
    """A request as variables, in pieces, as the diff of a working folder may be large."""
    text = base64.b85encode(zlib.compress(json.dumps(request).encode())).decode()
    pieces = [text[start : start + VARIABLE] for start in range(0, len(text), VARIABLE)]
    return {f"{TRIAL}{number}": piece for number, piece in enumerate(pieces)}


def unpacked(environment: Mapping[str, str]) -> Request:
    """The request that `packed` wrote.

    Raises:
        ValueError, zlib.error: there is none.
    """
    pieces: list[str] = []
    while piece := environment.get(f"{TRIAL}{len(pieces)}"):
        pieces.append(piece)
    request: Request = json.loads(zlib.decompress(base64.b85decode("".join(pieces))))
    return request


def _redirect(output: int, stdin: int | None) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY) if stdin is None else stdin, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # A line is written when it ends, so that a process that is killed has said what it said.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = _lines(1), _lines(2)


def _lines(number: int) -> TextIO:
    return open(number, "w", buffering=1, errors="backslashreplace", closefd=False)


def _execute(request: Request) -> NoReturn:
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in RANK and not key.startswith(TRIAL)  # of a trial that started the sweep
    }
    # As -P, which the further ranks would not be given: no module of the working folder's name.
    environment |= {**packed(request), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
    os.execve(sys.executable, [sys.executable, "-m", "dlcli.search.fresh"], environment)
