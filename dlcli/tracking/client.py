"""The training process's side of the recorder; imports neither MLflow nor anything heavy."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlcli.errors import ConfigError, StoreError
from dlcli.tracking import intent, names, query
from dlcli.tracking.channel import Broken, Channel
from dlcli.tracking.folder import RunFolder, RunInfo
from dlcli.tracking.owner import Owner
from dlcli.tracking.query import RunRecord
from dlcli.tracking.run import Run
from dlcli.tracking.settings import MLflow, NoTracking
from dlcli.tracking.uri import resolve

CREATE_S = 180.0  # an MLflow import and all migrations on a busy machine
REOPEN_S = 5.0  # for the recorder of a run that was just killed to let go of it


class Recorder:
    """Where this process's runs are recorded.

    Attributes:
        notices: lines a person should read: repairs, and what could not be delivered.
    """

    def __init__(self, settings: MLflow | NoTracking, root: Path, channel: Channel | None) -> None:
        self.settings = settings
        self.root = root
        self.notices: list[str] = []
        self._channel = channel
        self._restarted = False
        self._runs: dict[str, Run] = {}

    @classmethod
    def start(cls, settings: MLflow | NoTracking, root: Path) -> Recorder:
        """Begin to get ready, beside whatever comes next; nothing is created yet.

        Args:
            settings: what the configuration names.
            root: the folder of the runs (``mlruns``).

        Raises:
            ConfigError: the tracking URI cannot name a store.
        """
        root = root.absolute()
        if isinstance(settings, NoTracking):
            return cls(settings, root, None)
        settings = replace(settings, uri=resolve(settings, root).uri)
        return cls(settings, root, _spawn(settings, root))

    def create_run(
        self, name: str | None, tags: Mapping[str, str], parent_id: str | None = None
    ) -> Run:
        """A new run, RUNNING and owned by this process.

        Args:
            name: what to call it; None generates a readable name.
            tags: what to mark it with from its first moment.
            parent_id: the run that this is a part of.

        Raises:
            ConfigError: the name is not allowed.
            StoreError: the store cannot be used.
        """
        name = names.generate() if name is None else names.check_name(name)
        marks = {str(key): str(value) for key, value in tags.items()}
        if parent_id:
            marks["mlflow.parentRunId"] = parent_id
        if self._channel is None:
            return self._create_local(name, marks)
        try:
            reply = self._call("create", CREATE_S, name=name, tags=marks, owner=_owner())
        except StoreError as error:
            if not (isinstance(self.settings, MLflow) and self.settings.offline):
                raise
            self.notices.append(f"{error.args[0].partition(';')[0]}; recording offline")
            return self._create_local(name, marks)
        return self._open(RunFolder(self.root, reply["id"]))

    def reopen_run(self, reference: str) -> Run:
        """Go on with a recorded run, whatever its status.

        Args:
            reference: a RUN.

        Raises:
            ConfigError: there is no such run, or its folder is not here.
            BusyError: another live process owns it.
            StoreError: the store cannot be used.
        """
        record = self.find(reference)
        folder = RunFolder(self.root, record.id)
        info = folder.read()
        if record.folder is None or info is None:
            raise ConfigError(
                f"RUN {reference!r}: {record.name} was recorded elsewhere, its folder "
                f"{folder.path} is not here; resume it where it ran"
            )
        if self._channel is not None and info.uri:
            self._call("open", CREATE_S)
        run = self._open(folder, REOPEN_S)
        run._reopen()
        self._adopt(run.id)
        return run

    def find(self, reference: str) -> RunRecord:
        """The run that a RUN means.

        Raises:
            ConfigError: it means none, or several.
            StoreError: the store cannot be read.
        """
        if isinstance(self.settings, NoTracking) or resolve(self.settings, self.root).path:
            return query.find(self.settings, self.root, reference)
        reply = self._call("records", CREATE_S)
        stored = [RunRecord(**values) for values in reply["records"]]
        return query.pick(query.merge(stored, self.root), reference, self.settings.experiment)

    def close(self, timeout: float = 5.0) -> None:
        """Let the recorder go; what it has not delivered in ``timeout`` s it delivers alone."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        if not self._runs:
            channel.stop()
            return
        deadline = time.monotonic() + timeout
        if all(run.delivered for run in self._runs.values()):
            with contextlib.suppress(Broken, TimeoutError):
                channel.call("close", timeout, wait=timeout / 2)
        self.notices += channel.notices
        channel.close(max(0.1, deadline - time.monotonic()))

    def _create_local(self, name: str, tags: Mapping[str, str]) -> Run:
        info = RunInfo(
            id="",
            name=name,
            created=int(time.time() * 1000),
            tags=dict(tags),
            owner=Owner.current().written(),
        )
        if isinstance(self.settings, MLflow):
            target = resolve(self.settings, self.root)
            experiment = self.settings.experiment
            info = replace(info, experiment=experiment, uri=target.shown, local=target.local)
        run = self._open(intent.create_local(self.root, info))
        self._adopt(run.id)
        return run

    def _open(self, folder: RunFolder, wait: float = 0.0) -> Run:
        run = Run(folder, self._deliver, wait)
        self._runs[run.id] = run
        return run

    def _deliver(self, run: Run, timeout: float) -> bool:
        """Have a run's lines delivered; with a timeout of 0 only see that somebody will."""
        if isinstance(self.settings, NoTracking):
            if timeout:
                RunFolder(self.root, run.id).unmark()
            return True
        self._revive()
        deadline = time.monotonic() + timeout
        while timeout and self._channel is not None:
            try:
                reply = self._channel.call("finish", deadline - time.monotonic(), id=run.id)
            except TimeoutError:
                break
            except Broken:
                if not self._revive():
                    break
            else:
                self._take_notices()
                return bool(reply["delivered"])
        return False

    def _revive(self) -> bool:
        """Start another recorder, once, where the first has died; whether there is a new one."""
        if self._restarted or self._channel is None or self._channel.alive:
            return False
        self._restarted = True
        self.notices.append("the recorder process died; another one goes on for it")
        assert isinstance(self.settings, MLflow)
        self._channel = _spawn(self.settings, self.root)
        for run_id in self._runs:
            self._adopt(run_id)
        return True

    def _adopt(self, run_id: str) -> None:
        if self._channel is not None:
            with contextlib.suppress(Broken):
                self._channel.send("adopt", id=run_id)

    def _call(self, command: str, timeout: float, **fields: Any) -> dict[str, Any]:
        if self._channel is None:
            raise StoreError("the recorder is closed")
        try:
            return self._channel.call(command, timeout, **fields)
        except Broken as error:
            words = self._channel.last_words()
            raise StoreError(f"the recorder process ended: {words}; see dlcli doctor") from error
        except TimeoutError as error:
            raise StoreError(f"the recorder gave no answer in {timeout:.0f} s") from error
        finally:
            self._take_notices()

    def _take_notices(self) -> None:
        if self._channel is not None:
            self.notices += self._channel.notices
            self._channel.notices = []


def _spawn(settings: MLflow, root: Path) -> Channel:
    return Channel({"settings": vars(settings), "root": str(root)})


def _owner() -> dict[str, Any]:
    return Owner.current().written()
