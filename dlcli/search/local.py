"""Trials as processes of this machine, forked from a warm server."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dlcli.errors import StoreError
from dlcli.search.leftover import end_leftover
from dlcli.search.process import LocalHandle
from dlcli.search.sharing import Devices
from dlcli.search.trial import TrialFolder
from dlcli.search.warm import Warm

POLL_S = 0.005
CLOSING_S = 5.0
# How what speaks against a GPU begins.
BROKEN = ("CUDA error", "CUDA unknown error", "cuDNN error")


class LocalExecutor:
    """Runs each trial in a process of its own; the server starts warming up at once.

    Args:
        workers: how many trials run at once.
        devices: GPUs to share out, one to a trial, as CUDA_VISIBLE_DEVICES names them.
        preload: modules that every trial needs.
        fresh: whether a trial gets a new interpreter, as one on more than one device must.
        tell: called with what a person should know.
    """

    def __init__(
        self,
        workers: int,
        devices: Sequence[str] = (),
        preload: Sequence[str] = (),
        fresh: bool = False,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._workers = workers
        self._devices = Devices(devices)
        self.threads = threads(self.slots)
        self._preload = () if fresh else preload
        self._fresh = fresh
        self._tell = tell
        self._started = 0
        self._running: list[LocalHandle] = []
        self._server = self._new_server()

    @property
    def slots(self) -> int:
        """How many trials may run at once; fewer once a GPU has failed too often."""
        return min(self._workers, len(self._devices)) if len(self._devices) else self._workers

    @property
    def server_pid(self) -> int:
        """The process that trials are forked from."""
        return self._server.pid

    def start(self, folder: TrialFolder, task: str, payload: Mapping[str, Any]) -> LocalHandle:
        """Start a trial's process; returns before it has begun.

        Raises:
            LookupError: every device is in use.
            BusyError: a process of an earlier coordinator still runs this trial.
            StoreError: the system has no room for another process.
        """
        self.reclaim(folder)
        device = self._devices.take()
        self._started += 1
        request = self._request(folder, task, payload, device)
        try:
            sentinel, server = self._ask(request)
        except OSError as error:
            raise StoreError(
                f"{folder.path}: a trial's process cannot be started: {error.strerror}; raise the "
                "limit (ulimit -a), or have fewer executor.workers"
            ) from error
        handle = LocalHandle(self._started, folder, server, sentinel, device, self._ended)
        self._running.append(handle)
        return handle

    def _ask(self, request: dict[str, Any]) -> tuple[int, Warm]:
        """Where the end of a trial will be told of, and the server that was asked for it."""
        sentinel, status = os.pipe()
        try:
            return sentinel, self._send(request, status)
        except OSError:
            os.close(sentinel)
            raise
        finally:
            os.close(status)

    def reclaim(self, folder: TrialFolder) -> None:
        """See to it that no process of a coordinator before this one runs the trial."""
        end_leftover(folder)

    def close(self) -> None:
        """End every process that was started, the server too."""
        for handle in list(self._running):
            handle.kill()
        deadline = time.monotonic() + CLOSING_S
        while self._running and time.monotonic() < deadline:
            for handle in list(self._running):
                _ = handle.alive
            time.sleep(POLL_S)
        self._server.close()

    def _request(
        self, folder: TrialFolder, task: str, payload: Mapping[str, Any], device: str | None
    ) -> dict[str, Any]:
        environment = {} if device is None else {"CUDA_VISIBLE_DEVICES": device}
        return {
            "number": self._started,
            "folder": str(folder.path.absolute()),
            "task": task,
            "payload": dict(payload),
            "environment": environment,
            "path": sys.path,
            "fresh": self._fresh,
        }

    def _send(self, request: dict[str, Any], status: int) -> Warm:
        """Ask the server for a trial, or a new one where it has died."""
        if self._server.alive:
            try:
                self._server.start(request, status)
                return self._server
            except OSError:
                pass  # it has died just now
        last = self._server.last_words()
        self._tell(f"the process that trials start from ended: {last}; starting another")
        self._server.close()
        self._server = self._new_server()
        self._server.start(request, status)
        return self._server

    def _new_server(self) -> Warm:
        return Warm(self._preload, {"OMP_NUM_THREADS": str(self.threads)})

    def _ended(self, handle: LocalHandle) -> None:
        self._running.remove(handle)
        if handle.device is None:
            return
        notice = self._devices.give_back(handle.device, _of_the_device(handle))
        if notice:
            self._tell(notice)


def _of_the_device(handle: LocalHandle) -> bool:
    """Whether the way that a trial ended speaks against its GPU."""
    result = handle.trial.result()
    if result is not None:
        told = any(words in result.message for words in BROKEN)
        return result.state == "failed" and result.reason != "oom" and told
    return not handle.ended_by_us


def threads(workers: int) -> int:
    """How many threads each of so many trials may have on this machine's CPU, at least one."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # only some systems know it
        cores = os.cpu_count() or 1
    share = max(1, cores // workers)
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(share, int(asked)) if asked.isdigit() and int(asked) > 0 else share
