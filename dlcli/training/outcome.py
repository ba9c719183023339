"""What a trial of a sweep is handed, and what it tells the one who started it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from dlcli.config.compose import Config


class Reporter(Protocol):
    """Where a trial's metrics go as it trains."""

    @property
    def stop_asked(self) -> bool:
        """Whether the trial is to stop as pruned."""

    def report(self, step: int, values: Mapping[str, float]) -> bool:
        """Hand on the metrics of a finished epoch, counted from 1; returns ``stop_asked``."""


@dataclass(frozen=True)
class Outcome:
    """How a trial ended that ended well.

    Args:
        state: ``pruned`` where the reporter asked it to stop.
        values: metrics ``val/*`` at the best checkpoint, and ``cost/*``.
        fit_seconds: of this attempt's training alone.
        details: anything else, as JSON can hold it.
    """

    state: Literal["complete", "pruned"] = "complete"
    values: dict[str, float] = field(default_factory=dict)
    fit_seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """What a trial's process is handed.

    Args:
        config: of the root ``train``, composed and checked.
        root: the folder of the store.
        run_id: of the run that was created for it.
        metrics: the objective's.
        threads: of torch; None leaves them as they are.
        weights: to start the net from.
        code: commit and diff of the working folder; None to ask git.
        changed: source files of the user's own that are not as they were then.
        command: what the user typed after ``dlcli``, one word each; None for this process's own.
    """

    config: Config
    root: Path
    run_id: str
    metrics: tuple[str, ...] = ()
    threads: int | None = None
    weights: Path | None = None
    code: dict[str, str] | None = None
    changed: tuple[str, ...] = ()
    command: tuple[str, ...] | None = None

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Trial:
        """From what JSON can hold."""
        weights, command = payload.get("weights"), payload.get("command")
        return cls(
            config=read_config(payload["config"]),
            root=Path(payload["root"]),
            run_id=payload["run_id"],
            metrics=tuple(payload.get("metrics", ())),
            threads=payload.get("threads"),
            weights=Path(weights) if weights else None,
            code=payload.get("code"),
            changed=tuple(payload.get("changed", ())),
            command=tuple(command) if command is not None else None,
        )


def read_config(values: Mapping[str, Any]) -> Config:
    """A configuration from what JSON can hold."""
    return Config(
        values=dict(values["values"]),
        origins=dict(values.get("origins", {})),
        overrides=tuple(values.get("overrides", ())),
        choices=dict(values.get("choices", {})),
        allow=tuple(values.get("allow", ())),
        secrets=tuple(values.get("secrets", ())),
        references=dict(values.get("references", {})),
        config_dir=values.get("config_dir", ""),
    )


def use_threads(threads: int | None) -> None:
    """Let torch use so many threads; None leaves it as it is."""
    if threads:
        import torch

        torch.set_num_threads(threads)
