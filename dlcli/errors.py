"""The errors a user can cause, each with the exit status it ends the program with."""

from __future__ import annotations

from collections.abc import Sequence


class DlcliError(Exception):
    """Anything a user can cause and put right; shown without a traceback."""

    kind = "error"
    status = 1


class ConfigError(DlcliError):
    """A bad command or configuration.

    Args:
        problems: one line a problem, each with the place, the value and what to do.
    """

    kind = "config"
    status = 2

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class DataError(DlcliError):
    """Data that is missing, damaged, or does not fit."""

    kind = "data"
    status = 3


class StoreError(DlcliError):
    """A store that is down, locked, damaged or of another version, or a disk that is full."""

    kind = "store"
    status = 4


class CheckpointError(DlcliError):
    """A checkpoint that is missing, damaged, or of another model."""

    kind = "checkpoint"
    status = 5


class UnreadableError(CheckpointError):
    """Checkpoints that may well be intact, and cannot be read here and now."""


class TrainingError(DlcliError):
    """A training that could not finish.

    Args:
        message: what happened and what to do.
        reason: the class of failure: ``diverged``, ``oom``, ``monitor`` or ``error``.
    """

    kind = "training"
    status = 6

    def __init__(self, message: str, reason: str = "error") -> None:
        self.reason = reason
        super().__init__(message)


class SweepError(DlcliError):
    """A sweep that ended with fewer complete trials than were asked for."""

    kind = "sweep"
    status = 7


class BusyError(DlcliError):
    """Something that another live process owns."""

    kind = "busy"
    status = 75


class Stopped(DlcliError):
    """A run that a signal ended.

    Args:
        message: what is left and how to go on.
        signal: the number of the signal; the exit status is 128 + it.
    """

    kind = "stopped"

    def __init__(self, message: str, signal: int) -> None:
        self.signal = signal
        self.status = 128 + signal
        super().__init__(message)
