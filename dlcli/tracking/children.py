"""Runs that other processes work on, as the process knows them that has them delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from dlcli.tracking import closing
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.names import CleanKeys
from dlcli.tracking.run import LONGEST_PARAM, flatten

CHECKPOINTS = "checkpoints"  # of many children, only those of a few stay
CHILD_S = 12.0  # for a process that was asked to stop, and has ten seconds for it


class Children:
    """The children that are not closed.

    Args:
        root: the folder of the runs.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[str, RunFolder] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._open))

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, run_id: str) -> None:
        """A process will work on this one."""
        self._open.setdefault(run_id, RunFolder(self._root, run_id))

    def hold(self, run_id: str) -> None:
        """Keep others from taking it for left by a crash, as a recorder would."""
        self._open[run_id].delivery_lock.acquire(CHILD_S)

    def close(self, run_id: str, status: str, reason: str) -> bool:
        """`closing.close`; one that was never open here ended when it last gave a sign."""
        folder = self._open.get(run_id)
        now = folder is not None
        return closing.close(RunFolder(self._root, run_id), status, reason, CHILD_S, now)

    def discard(self, run_id: str) -> None:
        """It is closed."""
        folder = self._open.pop(run_id, None)
        if folder is not None:
            folder.delivery_lock.release()


def first_params(params: Mapping[str, object]) -> dict[str, str]:
    """Parameters as `Run.log_params` writes them, without those that are too long for a store."""
    key = CleanKeys()
    values = flatten(params)
    return {key(name): text for name, text in values.items() if len(text) <= LONGEST_PARAM}


def begin_with(folder: RunFolder, params: Mapping[str, str]) -> None:
    """Write the first parameters of a run that nobody works on yet."""
    if params:
        lines = folder.open_spool()
        lines.append({"kind": "param", "values": dict(params)})
        lines.close()


def marked(tags: Mapping[str, str], parent_id: str | None) -> dict[str, str]:
    """Tags as text, with the one that MLflow knows a child by."""
    marks = {str(key): str(value) for key, value in tags.items()}
    return marks | ({"mlflow.parentRunId": parent_id} if parent_id else {})
