"""The training process's side of the recorder; imports neither MLflow nor anything heavy."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlcli.errors import BusyError, ConfigError, StoreError
from dlcli.tracking import closing, intent, names, query
from dlcli.tracking.children import CHECKPOINTS, CHILD_S, Children, begin_with, first_params, marked
from dlcli.tracking.folder import RunFolder, RunInfo, Status
from dlcli.tracking.line import Line
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

    def __init__(self, settings: MLflow | NoTracking, root: Path) -> None:
        self.settings = settings
        self.root = root
        self.notices: list[str] = []
        self._runs: dict[str, Run] = {}
        self._children = Children(root)
        self._line: Line | None = None
        if isinstance(settings, MLflow):
            self._line = Line(settings, root, self.notices, self._again)

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
        if isinstance(settings, MLflow):
            settings = replace(settings, uri=resolve(settings, root).uri)
        return cls(settings, root)

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
        marks = marked(tags, parent_id)
        run_id = self._create_stored(name, marks)
        if run_id is not None:
            return self._open(RunFolder(self.root, run_id))
        run = self._open(self._create_local(name, marks))
        self._adopt(run.id)
        return run

    def reopen_run(self, reference: str) -> Run:
        """Go on with a recorded run, whatever its status.

        Args:
            reference: a RUN.

        Raises:
            ConfigError: there is no such run, or its folder is not here.
            BusyError: another live process owns it.
            StoreError: the store cannot be used.
        """
        folder, info = self._find_folder(reference)
        if self._line is not None and info.uri:
            self._line.call("open", CREATE_S)
        run = self._open(folder, REOPEN_S)
        folder.clean()
        run._reopen()
        self._adopt(run.id)
        return run

    def _find_folder(self, reference: str) -> tuple[RunFolder, RunInfo]:
        folder = RunFolder(self.root, reference)
        if names.is_id(reference) and (info := folder.read()) is not None:
            return folder, info  # without a look at all the runs of the store
        record = self.find(reference)
        folder = RunFolder(self.root, record.id)
        info = folder.read()
        if record.folder is None or info is None:
            raise ConfigError(
                f"RUN {reference!r}: {record.name} was recorded elsewhere, its folder "
                f"{folder.path} is not here; resume it where it ran"
            )
        return folder, info

    def create_child(
        self,
        name: str,
        tags: Mapping[str, str],
        parent_id: str,
        params: Mapping[str, object] | None = None,
    ) -> str:
        """A new run for another process to work on, with `run.open_run`; returns its id.

        This process's recorder delivers what it logs, until `close_run`.

        Args:
            name: what to call it.
            tags: what to mark it with from its first moment.
            parent_id: the run that it is a part of.
            params: what it begins with.

        Raises:
            ConfigError: the name is not allowed.
            StoreError: the store cannot be used.
        """
        name = names.check_name(name)
        marks = marked(tags, parent_id)
        first = first_params(params or {})
        run_id = self._create_stored(name, marks, keep=True, params=first, later=CHECKPOINTS)
        if run_id is None:
            return self._create_kept(name, marks, first)
        self._children.add(run_id)
        return run_id

    def adopt(self, run_id: str) -> None:
        """Deliver what another process is about to log to a child of before, until `close_run`.

        Raises:
            StoreError: the recorder cannot be started.
        """
        self._children.add(run_id)
        if self._line is not None:
            self._line.call("adopt", CREATE_S, id=run_id, keep=True)
        else:
            self._children.hold(run_id)

    def close_run(self, run_id: str, status: Status, reason: str) -> bool:
        """Close a child, whoever died when; done again, it changes nothing.

        Returns:
            False where the child's process does not end; its run stays open.

        Raises:
            StoreError: the run's folder is damaged, or the disk is full.
        """
        try:
            left = self._children.close(run_id, status, reason)
        except BusyError as error:
            self.notices.append(str(error))
            return False
        if left:
            self._let_go(run_id)
        return True

    def log_to(
        self, run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str], step: int = 0
    ) -> None:
        """Log to a child that is closed, once; its status stays as it is.

        Raises:
            BusyError: a process works on it.
            StoreError: the run's folder is damaged, or the disk is full.
        """
        closing.add(RunFolder(self.root, run_id), metrics, tags, step, CHILD_S)
        self._let_go(run_id)

    def keep_checkpoints(self, run_id: str) -> None:
        """Bring the checkpoints of a child that is closed to its store, where that is elsewhere."""
        folder = RunFolder(self.root, run_id)
        info = folder.read()
        if info is not None and info.upload and info.later:
            folder.mark()
            folder.update(later="")
            self._let_go(run_id)

    def find(self, reference: str) -> RunRecord:
        """The run that a RUN means.

        Raises:
            ConfigError: it means none, or several.
            StoreError: the store cannot be read.
        """
        if isinstance(self.settings, NoTracking) or resolve(self.settings, self.root).path:
            return query.find(self.settings, self.root, reference)
        if self._line is None:
            raise StoreError("the recorder is closed")
        reply = self._line.call("records", CREATE_S)
        stored = [RunRecord(**values) for values in reply["records"]]
        return query.pick(query.merge(stored, self.root), reference, self.settings.experiment)

    def close(self, timeout: float = 5.0) -> None:
        """Let the recorder go; what it has not delivered in ``timeout`` s it delivers alone."""
        line, self._line = self._line, None
        if line is None:
            return
        if not self._runs and not self._children:
            line.stop()
            return
        line.close(timeout, all(run.delivered for run in self._runs.values()))

    def _create_stored(self, name: str, tags: Mapping[str, str], **more: Any) -> str | None:
        """A new run in the store; None where there is none, or it may be told later."""
        if self._line is None:
            return None
        try:
            owner = Owner.current().written()
            reply = self._line.call("create", CREATE_S, name=name, tags=tags, owner=owner, **more)
        except StoreError as error:
            if not (isinstance(self.settings, MLflow) and self.settings.offline):
                raise
            line = f"{error.args[0].partition(';')[0]}; recording offline"
            self.notices += [line] if line not in self.notices else []
            return None
        return str(reply["id"])

    def _create_local(self, name: str, tags: Mapping[str, str], later: str = "") -> RunFolder:
        now = int(time.time() * 1000)
        owner = Owner.current().written()
        info = RunInfo("", name, created=now, tags=dict(tags), later=later, owner=owner)
        if isinstance(self.settings, MLflow):
            target = resolve(self.settings, self.root)
            experiment = self.settings.experiment
            info = replace(info, experiment=experiment, uri=target.shown, local=target.local)
        return intent.create_local(self.root, info)

    def _create_kept(self, name: str, tags: Mapping[str, str], params: Mapping[str, str]) -> str:
        """A child that no store knows yet, or ever."""
        folder = self._create_local(name, tags, CHECKPOINTS)
        begin_with(folder, params)
        self.adopt(folder.id)
        folder.lock.release()
        return folder.id

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
        if self._line is None:
            return False
        if not timeout:
            self._line.revive()
            return False
        with contextlib.suppress(StoreError):
            return bool(self._line.call("finish", timeout, id=run.id)["delivered"])
        return False

    def _again(self, line: Line) -> None:
        """Tell a new recorder what the one before it saw to."""
        self.notices.append("the recorder process died; another one goes on for it")
        for run_id in self._runs:
            line.send("adopt", id=run_id)
        for run_id in self._children:
            line.send("adopt", id=run_id, keep=True)

    def _adopt(self, run_id: str) -> None:
        if self._line is not None:
            self._line.send("adopt", id=run_id)

    def _let_go(self, run_id: str) -> None:
        """Have the recorder deliver a closed run in its time."""
        self._children.discard(run_id)
        if self._line is None:
            RunFolder(self.root, run_id).unmark()
            return
        self._line.revive()
        self._line.send("let_go", id=run_id)
