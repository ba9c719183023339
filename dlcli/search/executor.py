"""Where trials run: what the coordinator needs of it, whatever the machines."""

from __future__ import annotations

from typing import Any, Protocol

from dlcli.search.trial import TrialFolder


class Handle(Protocol):
    """A trial's process."""

    @property
    def sentinel(self) -> int:
        """What `multiprocessing.connection.wait` takes: ready when there is something to see.

        Closed once `alive` has been false.
        """

    @property
    def alive(self) -> bool:
        """Whether the process runs, or is about to."""

    @property
    def exitcode(self) -> int | None:
        """Its exit status, or minus the signal that ended it; None while it is alive."""

    @property
    def pid(self) -> int | None:
        """Also of its process group; None until it has begun."""

    def stop(self) -> None:
        """Ask it to save and end: SIGTERM.

        This and `kill` may be called from a signal's handler.
        """

    def kill(self) -> None:
        """End it and all that it started, at once."""


class Executor(Protocol):
    """Starts the processes of trials."""

    @property
    def threads(self) -> int:
        """How many threads each trial may have."""

    @property
    def slots(self) -> int:
        """How many trials may run at once."""

    def start(self, folder: TrialFolder, task: str, payload: dict[str, Any]) -> Handle:
        """Start a trial's process.

        Args:
            task: a `dlcli.search.reporter.Task`, as ``package.module:function``.
            payload: what the task is called with; anything that JSON can hold.
        """

    def reclaim(self, folder: TrialFolder) -> None:
        """See to it that no process of a coordinator before this one still runs the trial."""

    def close(self) -> None:
        """End every process that was started."""
