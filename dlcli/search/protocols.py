"""Whom a coordinator works with: the record of runs, and who is told how it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dlcli.config.space import Value
from dlcli.search.trial import Result


class Recording(Protocol):
    """What the coordinator needs of the record of runs; each call may be repeated."""

    def find(self, number: int) -> str | None:
        """The run of a trial that was begun and not noted."""

    def begin(self, number: int, params: Mapping[str, Value]) -> str:
        """Create the run of a trial; returns its id."""

    def go_on(self, number: int, run_id: str) -> None:
        """A trial's process is about to write to its run again."""

    def end(self, number: int, run_id: str, result: Result) -> None:
        """Close the run of a trial that is final."""

    def interrupted(self, number: int, run_id: str) -> None:
        """Close the run of a trial that will go on another time."""


class Watch(Protocol):
    """Who is told how the sweep goes."""

    def started(self, number: int, params: Mapping[str, Value], again: bool) -> None:
        """A trial's process was started, for the first time or again."""

    def reported(self, number: int, step: int, values: Mapping[str, float]) -> None:
        """A trial has finished an epoch."""

    def ended(self, number: int, result: Result) -> None:
        """A trial is final."""

    def lost(self, number: int, reason: str, message: str) -> None:
        """A trial's process ended too soon, and the trial will be tried again."""

    def tick(self) -> None:
        """Some time has passed."""
