"""Which final trials keep their checkpoints: the best, and no others."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.errors import BusyError
from dlcli.tracking.folder import RunFolder

if TYPE_CHECKING:
    from dlcli.search.recording import SweepRecording

REMOVED = {"dlcli.checkpoints": "removed"}


@dataclass(frozen=True)
class Final:
    """A trial that will never run again.

    Args:
        values: of the objectives, the lower the better; None where the trial is not complete.
    """

    number: int
    run_id: str
    values: tuple[float, ...] | None


def keep_best(record: SweepRecording, keep: int) -> None:
    """Remove the checkpoints of the final trials that are not among the best.

    Done again, it finishes what a crash left. A trial that cannot be touched now is seen to the
    next time.

    Args:
        record: knows the final trials that may have checkpoints.
        keep: how many trials keep theirs, at least one; of several objectives, all trials do that
            no other one beats.
    """
    for trial in losers(record.with_checkpoints.values(), keep):
        try:
            _remove(record, trial)
        except (BusyError, OSError):
            continue
        del record.with_checkpoints[trial.number]


def losers(trials: Iterable[Final], keep: int) -> list[Final]:
    """The trials that lose their checkpoints; of equal ones the later."""
    trials = list(trials)
    complete = [one for one in trials if one.values is not None]
    if any(len(one.values or ()) > 1 for one in complete):
        kept = {one.number for one in complete if not _beaten(one, complete)}
    else:
        ranked = sorted(complete, key=lambda one: (one.values, one.number))
        kept = {one.number for one in ranked[: max(1, keep)]}
    return [one for one in trials if one.number not in kept]


def _beaten(trial: Final, others: Sequence[Final]) -> bool:
    """Whether another one is as good in every objective and better in one."""
    mine = trial.values or ()
    for other in others:
        pairs = list(zip(other.values or (), mine, strict=True))
        if all(one <= own for one, own in pairs) and any(one < own for one, own in pairs):
            return True
    return False


def _remove(record: SweepRecording, trial: Final) -> None:
    """Remove a run's checkpoints: at once for a reader, then file by file."""
    artifacts = RunFolder(record.root, trial.run_id).artifacts
    folder, aside = artifacts / "checkpoints", artifacts / ".checkpoints"
    if not folder.exists() and not aside.exists():
        return
    record.tag(trial.run_id, REMOVED)
    _rename(folder, aside)
    shutil.rmtree(aside)


def _rename(folder: Path, aside: Path) -> None:
    if not folder.exists():
        return
    if aside.exists():
        shutil.rmtree(aside)
    folder.rename(aside)
