"""What ``conf/search`` and ``conf/executor`` build: how a sweep goes on, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from dlcli.errors import ConfigError
from dlcli.search.duration import seconds

Kind = Literal["grid", "random", "tpe", "gp", "cmaes", "qmc"]


@dataclass(frozen=True)
class Search:
    """How points of the space are chosen, and how many.

    Args:
        kind: grid, or which of Optuna's samplers.
        sampler: a node that builds the sampler with ``seed`` still to come; null for a grid.
        n_trials: in all, also over resumptions; null for every point of a grid.
        timeout: of the sweep: 30m, 1.5h, 90s or seconds; null for none. No trial starts after it.
        trial_timeout: of one attempt at a trial; it fails once it has taken longer.
        max_failures: trials that fail one after another before the sweep stops.
        retries: further attempts at a trial whose process was killed; an error has one at most.
        keep_checkpoints: trials whose checkpoints stay, the best ones.
        seed: of the points; 0 is a seed.
        storage: URL of a database for the study; null for an SQLite file in the sweep's folder.
    """

    kind: Kind
    sampler: Mapping[str, Any] | None = None
    n_trials: int | None = 20
    timeout: float | str | None = None
    trial_timeout: float | str | None = None
    max_failures: int = 5
    retries: int = 3
    keep_checkpoints: int = 3
    seed: int = 0
    storage: str | None = None

    def __post_init__(self) -> None:
        _ = self.timeout_s, self.trial_timeout_s
        problems = [
            f"search.{name}: {getattr(self, name)} is too small; at least {least}"
            for name, least in _LEAST.items()
            if (getattr(self, name) or 0) < least and getattr(self, name) is not None
        ]
        if self.n_trials is None and self.kind != "grid":
            problems.append("search.n_trials: null means all points of a grid; write a number")
        if (self.sampler is None) != (self.kind == "grid"):
            problems.append(f"search.sampler: does not fit search.kind={self.kind}")
        if problems:
            raise ConfigError(problems)

    @property
    def timeout_s(self) -> float | None:
        """Seconds that the sweep may take; None for no limit."""
        return seconds(self.timeout, "search.timeout")

    @property
    def trial_timeout_s(self) -> float | None:
        """Seconds that one attempt at a trial may take; None for no limit."""
        return seconds(self.trial_timeout, "search.trial_timeout")

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Search:
        """From a node of a composed configuration; the sampler stays a node.

        Raises:
            ConfigError: a value makes no sense.
        """
        return cls(**_arguments(cls, node, "search"))


@dataclass(frozen=True)
class Local:
    """Run trials as processes of this machine.

    Args:
        workers: trials at once; with 1 a sweep is serial and repeats exactly.
        devices: GPUs to share out, one a trial: auto for all there are, else indices as
            CUDA counts them, from 0 up among those in CUDA_VISIBLE_DEVICES; an empty list for none.
    """

    workers: int = 1
    devices: Literal["auto"] | list[int] = "auto"

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ConfigError(f"executor.workers: {self.workers} is too small; at least 1")
        if self.devices == "auto":
            return
        if len(set(self.devices)) < len(self.devices) or any(d < 0 for d in self.devices):
            raise ConfigError(
                f"executor.devices: {self.devices} must be different indices from 0 up"
            )

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Local:
        """From a node of a composed configuration.

        Raises:
            ConfigError: a value makes no sense.
        """
        return cls(**_arguments(cls, node, "executor"))


_LEAST = {
    "n_trials": 1,
    "max_failures": 1,
    "retries": 0,
    "keep_checkpoints": 1,
    "seed": 0,
}


def _arguments(cls: type, node: Mapping[str, Any], key: str) -> dict[str, Any]:
    names = {field.name for field in fields(cls)}
    given = {str(name): value for name, value in node.items() if name != "_target_"}
    unknown = sorted(given.keys() - names)
    if unknown:
        raise ConfigError([f"{key}.{name}: no such setting" for name in unknown])
    return given
