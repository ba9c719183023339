"""The commands with which a person can go on from a run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from dlcli.comparison.detail import Detail
from dlcli.comparison.family import Family
from dlcli.config.repeat import Recorded, allowed, masked, of_store, recorded
from dlcli.tracking.query import REPRODUCES


def next_steps(detail: Detail, relatives: Family, names: Sequence[str]) -> list[str]:
    """Commands to look closer at a run, to go on in it, and to repeat it.

    Args:
        detail: of the run.
        relatives: its sweep or trials.
        names: of all runs, so that it is called by its name only where that means it alone.
    """
    record = detail.record
    name = record.name if record.name and names.count(record.name) == 1 else record.id[:12]
    store = of_store(detail.overrides, detail.config_dir)
    again = masked(detail.overrides)  # all else is frozen with the sweep
    if detail.kind == "sweep":
        steps = _of_sweep(detail, record.tags.get("dlcli.sweep", record.name))
        return [_with(step, again if " --resume " in step else store) for step in steps]
    if detail.kind == "evaluate":
        return _of_evaluation(relatives, names)
    own = [*store, *allowed(detail.allow)]
    return [
        _with(step, again if step.startswith("dlcli sweep") else own)
        for step in _of_training(detail, name)
    ]


def _with(step: str, words: Sequence[str]) -> str:
    """A command with what it needs to find and build the run."""
    return f"{step} {shlex.join(words)}" if words else step


def _of_training(detail: Detail, name: str) -> list[str]:
    record = detail.record
    steps = []
    if detail.checkpoints:
        steps.append(f"dlcli evaluate {name}")
    if detail.kind == "trial" and record.status != "FINISHED":
        steps.append(f"dlcli sweep --resume {record.tags.get('dlcli.sweep', '')}")
    elif detail.checkpoints and record.status in ("KILLED", "FAILED"):
        original = record.tags.get(REPRODUCES, "")
        again = f"reproduce {original[:12]}" if original else "train"
        steps.append(f"dlcli {again} --resume {name}")
    elif detail.checkpoints and record.status == "FINISHED" and (more := _twice(detail)):
        steps.append(f"dlcli train --resume {name} {more}")
    if detail.config and record.status != "RUNNING":
        steps.append(f"dlcli reproduce {name}")
    return steps


def _of_sweep(detail: Detail, name: str) -> list[str]:
    steps = [f"dlcli compare --sweep {name}"]
    if best := detail.record.tags.get("dlcli.best.run_id"):
        steps.append(f"dlcli show {best[:12]}")
    if detail.record.status in ("KILLED", "FAILED"):
        steps.append(f"dlcli sweep --resume {name}")
    return steps


def _of_evaluation(relatives: Family, names: Sequence[str]) -> list[str]:
    parent = relatives.parent
    if parent is None:
        return []
    name = parent.name if names.count(parent.name) == 1 else parent.id[:12]
    run = recorded(parent.folder / "artifacts") if parent.folder else Recorded()
    return [_with(f"dlcli show {name}", of_store(run.overrides, run.config_dir))]


def _twice(detail: Detail) -> str:
    """The override that lets a finished training go on; "" where its schedule may end with it."""
    trainer, scheduler = detail.config.get("trainer"), detail.config.get("scheduler")
    if not isinstance(scheduler, dict) or scheduler.get("curve"):
        return ""
    epochs = trainer.get("max_epochs") if isinstance(trainer, dict) else None
    return f"trainer.max_epochs={2 * epochs}" if isinstance(epochs, int) and epochs > 0 else ""
