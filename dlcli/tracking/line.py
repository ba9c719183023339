"""The line to a recorder process that another one takes the place of where it dies."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlcli.errors import StoreError
from dlcli.tracking.channel import Broken, Channel
from dlcli.tracking.settings import MLflow

RESTART_S = 60.0  # a second recorder that dies sooner than this has no third one after it


class Line:
    """A recorder process, or the one after it.

    Args:
        settings: what it records to.
        root: the folder of the runs.
        notices: gets the lines that a person should read.
        again: tells a new process what the one before it saw to.
    """

    def __init__(
        self,
        settings: MLflow,
        root: Path,
        notices: list[str],
        again: Callable[[Line], None],
    ) -> None:
        self._hello = {"settings": vars(settings), "root": str(root)}
        self._notices = notices
        self._again = again
        self._restarted = -math.inf
        self.channel = Channel(self._hello)

    def call(self, command: str, timeout: float, **fields: Any) -> dict[str, Any]:
        """Ask and wait for the reply, of another process where the first one dies.

        Raises:
            DlcliError: what the recorder refused with.
            StoreError: there is no recorder, or no reply in ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        self.revive()
        while True:
            try:
                return self.channel.call(command, deadline - time.monotonic(), **fields)
            except Broken as error:
                if not self.revive():
                    words = self.channel.last_words()
                    raise StoreError(
                        f"the recorder process ended: {words}; see dlcli doctor"
                    ) from error
            except TimeoutError as error:
                raise StoreError(f"the recorder gave no answer in {timeout:.0f} s") from error
            finally:
                self._take_notices()

    def send(self, command: str, **fields: Any) -> None:
        """Ask, and go on; where the process is gone, the one after it is told of every run."""
        with contextlib.suppress(Broken):
            self.channel.send(command, **fields)

    def revive(self) -> bool:
        """Start another process where it has died; whether there is a new one."""
        if self.channel.alive or time.monotonic() - self._restarted < RESTART_S:
            return False
        self._restarted = time.monotonic()
        self._take_notices()
        self.channel = Channel(self._hello)
        self._again(self)
        return True

    def stop(self) -> None:
        """End the process at once; for one that has no run to close."""
        self.channel.stop()

    def close(self, timeout: float, delivered: bool) -> None:
        """Hang up; what is not delivered in ``timeout`` seconds the process delivers alone.

        Args:
            delivered: whether it is worth waiting for its last notices.
        """
        deadline = time.monotonic() + timeout
        if delivered:
            with contextlib.suppress(Broken, TimeoutError):
                self.channel.call("close", timeout, wait=timeout / 2)
        self._take_notices()
        self.channel.close(max(0.1, deadline - time.monotonic()))

    def _take_notices(self) -> None:
        self._notices += self.channel.notices
        self.channel.notices = []
