"""A run as the training process sees it: everything logged goes to its spool, nothing waits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from dlcli.errors import BusyError, StoreError
from dlcli.tracking import spool
from dlcli.tracking.folder import RunFolder, replace_file
from dlcli.tracking.names import CleanKeys
from dlcli.tracking.owner import HEARTBEAT_S, Owner

LONGEST_PARAM = 6000  # MLflow's limits, in characters
LONGEST_TAG = 8000
METRICS_A_LINE = 500
PATIENCE_S = 5.0  # for a store, once the run is over
OPEN_S = 15.0  # for the process before, which was asked to stop and has ten seconds for it

Deliver = Callable[["Run", float], bool]


class Run:
    """A run that this process owns.

    Args:
        folder: where it is kept; its lock is taken here.
        deliver: told when lines should be in the store now; returns whether they are.
        wait: seconds to wait for another owner.

    Raises:
        BusyError: another live process owns the run.
    """

    def __init__(self, folder: RunFolder, deliver: Deliver, wait: float = 0.0) -> None:
        owner = folder.owner
        if not folder.lock.acquire(0.0 if owner and owner.lives() else wait):
            raise BusyError(f"run {folder.id} is owned by {owner or 'another process'}")
        try:
            self._spool = folder.open_spool()
            info = folder.update(owner=Owner.current().written())
        except BaseException:  # nobody would let go of it
            folder.lock.release()
            raise
        self._folder = folder
        self._deliver = deliver
        self._metric_key = CleanKeys()
        self._param_key = CleanKeys()
        self._params: dict[str, str] | None = None  # read when first needed
        self._resumes = 0
        self._before: dict[tuple[str, int], Any] = {}  # what a resumed run need not log again
        self._touched = time.monotonic()
        self._finished = False
        self.id = folder.id
        self.name = info.name
        self.folder: Path = folder.path
        self.artifacts: Path = folder.artifacts
        self.delivered = False

    def log_params(self, params: Mapping[str, object]) -> None:
        """Record parameters; nested mappings become dotted names.

        A value over MLflow's limit is kept whole in artifacts/long_params.json. One that was
        recorded before with another value becomes the tag ``resume.<n>.<name>``.

        Raises:
            ConfigError: two names that MLflow cannot tell apart.
        """
        known = self._known_params()
        new: dict[str, str] = {}
        changed: dict[str, str] = {}
        for name, value in flatten(params).items():
            key = self._param_key(name)
            text = value if len(value) <= LONGEST_PARAM else self._long("params", name, value)
            if known.setdefault(key, text) != text:
                changed[f"resume.{self._resumes}.{key}"] = text
            else:
                new[key] = text
        if new:
            self._spool.append({"kind": "param", "values": new})
        if changed:
            self.set_tags(changed)

    def log_metrics(self, metrics: Mapping[str, float], step: int, flush: bool = False) -> None:
        """Record numbers of one step; ``flush`` makes all so far survive a power loss.

        Raises:
            ConfigError: two names that MLflow cannot tell apart.
            StoreError: the disk is full.
        """
        values = [(self._metric_key(key), spool.packed(float(v))) for key, v in metrics.items()]
        if self._before:
            values = [(key, v) for key, v in values if self._before.get((key, int(step))) != v]
        now = int(time.time() * 1000)
        for start in range(0, len(values), METRICS_A_LINE):
            part = dict(values[start : start + METRICS_A_LINE])
            self._spool.append({"kind": "metric", "time": now, "step": int(step), "values": part})
        if flush:
            self._spool.sync()
            self._deliver(self, 0.0)
        if time.monotonic() - self._touched > HEARTBEAT_S:
            self._folder.lock.touch()
            self._touched = time.monotonic()

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Record texts that may change; a later value wins."""
        key = CleanKeys()
        values = {}
        for name, value in tags.items():
            text = str(value)
            long = len(text) > LONGEST_TAG
            values[key(name)] = self._long("tags", name, text) if long else text
        if values:
            self._spool.append({"kind": "tag", "values": values})

    def set_directions(self, metrics: Mapping[str, Literal["min", "max"]]) -> None:
        """Record which way each metric is better, for ``best:METRIC``."""
        self.set_tags({f"dlcli.mode.{name}": mode for name, mode in metrics.items()})

    def finish(
        self,
        status: Literal["FINISHED", "FAILED", "KILLED"],
        reason: str,
        timeout: float = PATIENCE_S,
    ) -> bool:
        """Close the run.

        Args:
            status: how it ended.
            reason: why, in a word or a line; the tag ``dlcli.reason``.
            timeout: seconds to wait for the store; what it does not have by then is delivered
                by the next start.

        Returns:
            Whether the store has everything; also in ``delivered``.
        """
        if self._finished:
            return self.delivered
        self._finished = True
        self._append_status(status, reason)
        self.delivered = self._deliver(self, timeout)
        self.release()
        return self.delivered

    def release(self) -> None:
        """Give the run up without closing it; what it logged survives a power loss."""
        self._spool.sync()
        self._spool.close()
        self._folder.lock.release()

    def _append_status(self, status: str, reason: str) -> None:
        now = int(time.time() * 1000)
        line = {"kind": "status", "status": status, "reason": reason, "time": now}
        self._spool.append(line)
        self._spool.sync()
        ended = None if status == "RUNNING" else now
        self._folder.update(status=status, reason=reason, ended=ended)

    def recall(self) -> bool:
        """Read what the run has, so as not to log it again; whether that is more than params."""
        self._params = {}
        self._before = {}  # metric and step -> the value that was logged last
        self._resumes = 0
        more = False
        for line, _ in spool.read(self._folder.spool):
            more = more or line.get("kind") != "param"
            if line.get("kind") == "param":
                self._params |= line["values"]
            elif line.get("kind") == "metric":
                self._before |= {(name, line["step"]): v for name, v in line["values"].items()}
            self._resumes += line.get("status") == "RUNNING"
        return more

    def _reopen(self) -> None:
        """Make a run that ended a running one again."""
        self._folder.mark()
        self.recall()
        self._append_status("RUNNING", "resumed")
        self._resumes += 1

    def _known_params(self) -> dict[str, str]:
        if self._params is None:
            self.recall()
            self._before = {}
        assert self._params is not None
        return self._params

    def _long(self, kind: str, name: str, text: str) -> str:
        """Keep a whole text in an artifact; return what stands in its place."""
        path = self.artifacts / f"long_{kind}.json"
        texts: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        texts[name] = text
        replace_file(path, json.dumps(texts, indent=1, ensure_ascii=False) + "\n")
        return f"{len(text)} characters, whole in artifact {path.name}"


def open_run(root: Path, run_id: str, wait: float = OPEN_S) -> Run:
    """Work on a run that another process made and delivers; where one did before, go on with it.

    Args:
        root: the folder of the runs.
        run_id: of a run that `Recorder.create_child` made or `Recorder.adopt` took on.
        wait: seconds to wait for a process that worked on it before to be gone.

    Raises:
        BusyError: that process lives on.
        StoreError: the run's folder is missing or damaged.
    """
    folder = RunFolder(root.absolute(), run_id)
    if folder.read() is None:
        raise StoreError(f"{folder.path / 'run.json'}: missing or damaged")
    folder.lock.acquire(wait)
    run = Run(folder, lambda run, timeout: False)
    if run.recall():
        folder.clean()
        run._reopen()
    return run


def flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Nested mappings as dotted names, each with its value as text."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
