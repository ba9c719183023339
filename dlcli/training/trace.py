"""What two trainings left behind, number by number: where they differ first."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dlcli.tracking.history import Series, read_history
from dlcli.training.checkpoint import CheckpointFolder, load
from dlcli.training.fingerprint import Fingerprint, fingerprint, read_fingerprints

# Logged once the training is over; and what differs between any two runs.
AFTER = ("test/", "best/")
IGNORED = ("cost/",)
RATES = ("lr",)
WEIGHTS = "weights"


@dataclass(frozen=True)
class Difference:
    """One number that is not the same in both.

    Args:
        epoch: counted from 1, 0 before the first; None after the training.
        step: how many optimizer steps were taken, as far as it was logged.
        what: the metric's name, or ``weights``.
        original: its value there; None where it has none.
        reproduction: likewise.
    """

    epoch: int | None
    step: int
    what: str
    original: float | str | None
    reproduction: float | str | None

    @property
    def order(self) -> tuple[float, int, bool, str]:
        """What comes first in a training; of one place, the metrics first."""
        epoch = math.inf if self.epoch is None else self.epoch
        return (epoch, self.step, self.what == WEIGHTS, self.what)


@dataclass(frozen=True)
class Trace:
    """What is compared of a run.

    Args:
        history: its metrics by step.
        fingerprints: its weights by epoch.
        best: the epoch of the best checkpoint and the hash of its weights.
        complete: whether the training came to its own end.
    """

    history: Series
    fingerprints: dict[int, Fingerprint] = field(default_factory=dict)
    best: Fingerprint | None = None
    complete: bool = True

    @property
    def epochs(self) -> int:
        """How many epochs it has logged."""
        return max((epoch for _, epoch in _ends(self.history)), default=0)


def read_trace(folder: Path, complete: bool, best: bool = True) -> Trace:
    """The trace of a run.

    Args:
        folder: the run's.
        complete: whether it ended well.
        best: whether to read its best checkpoint.

    Raises:
        CheckpointError: that is damaged.
    """
    artifacts = folder / "artifacts"
    weights = best_of(artifacts) if best else None
    return Trace(read_history(folder), read_fingerprints(artifacts), weights, complete)


def best_of(artifacts: Path) -> Fingerprint | None:
    """The weights of a run's best checkpoint; None where it has none.

    Raises:
        CheckpointError: it is damaged.
    """
    folder = CheckpointFolder(artifacts / "checkpoints")
    entry = folder.entries().get("best")
    if entry is None or not (folder.path / entry.file).exists():
        return None
    return Fingerprint(entry.step, fingerprint(load(folder.path / entry.file)["state_dict"]))


def differences(original: Trace, reproduction: Trace) -> list[Difference]:
    """Everything that is not the same to the bit, the first first.

    Of an original that was stopped only the epochs that both have are compared, the last as far as
    it had come.
    """
    partial = not original.complete
    last = min(original.epochs, reproduction.epochs) if partial else math.inf
    found = [*_metrics(original, reproduction, last), *_weights(original, reproduction, last)]
    if not partial:
        found += _best(original, reproduction)
    return sorted(found, key=lambda one: one.order)


def compared(original: Trace, copy: Trace) -> dict[str, int]:
    """How much there is in both: epochs, metrics, their values, hashes of weights."""
    shared = {
        name: {step for step, _ in points} & {step for step, _ in copy.history.get(name, [])}
        for name, points in original.history.items()
        if not name.startswith(IGNORED) and name != "epoch"
    }
    both_best = original.best is not None and copy.best is not None
    return {
        "epochs": min(original.epochs, copy.epochs),
        "metrics": sum(bool(steps) for steps in shared.values()),
        "values": sum(map(len, shared.values())),
        "weights": len(original.fingerprints.keys() & copy.fingerprints.keys()) + both_best,
    }


def _metrics(original: Trace, copy: Trace, last: float) -> Iterator[Difference]:
    ends = _ends(original.history)
    others = _ends(copy.history)
    stopped = math.inf if original.complete else max(ends, default=(0, 0))[0]
    for name in sorted(original.history):  # what only the reproduction has reproduces nothing
        if name.startswith(IGNORED) or name == "epoch":
            continue
        after = name.startswith(AFTER)
        if after and last < math.inf:
            continue
        before, now = _points(original, name, after), _points(copy, name, after)
        for step in sorted({*before, *now}):
            epoch = None if after else _epoch(step, ends) or _epoch(step, others)
            if step > stopped or (epoch is not None and epoch > last):
                continue
            old, new = before.get(step), now.get(step)
            # one that went on in the middle of an epoch tells its learning rate once more
            told_again = name.startswith(RATES) and (old is None or new is None)
            if not told_again and not _same(old, new):
                yield Difference(epoch, step, name, old, new)


def _points(trace: Trace, name: str, after: bool) -> dict[int, float]:
    """The values by step; of a score the last, as a run that was made longer has others before."""
    points = trace.history.get(name, [])
    return dict(points[-1:] if after else points)


def _weights(original: Trace, copy: Trace, last: float) -> Iterator[Difference]:
    """Only where both have a fingerprint: a slow one is not taken after every epoch."""
    for epoch in sorted(original.fingerprints.keys() & copy.fingerprints.keys()):
        old, new = original.fingerprints[epoch], copy.fingerprints[epoch]
        if epoch <= last and old != new:
            yield Difference(epoch, old.step, WEIGHTS, old.weights, new.weights)


def _best(original: Trace, copy: Trace) -> Iterator[Difference]:
    old, new = original.best, copy.best
    if old is not None and old != new:
        now = new.weights if new else None
        yield Difference(None, old.step, "weights of the best checkpoint", old.weights, now)


def _same(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return False
    return old == new or (math.isnan(old) and math.isnan(new))


def _ends(history: Series) -> list[tuple[int, int]]:
    """At which steps something was logged of which epoch, counted from 1."""
    steps = {
        step
        for name, points in history.items()
        if not name.startswith((*AFTER, *IGNORED, *RATES)) and name != "epoch"
        for step, _ in points
    }
    return [(step, int(epoch) + 1) for step, epoch in history.get("epoch", []) if step in steps]


def _epoch(step: int, ends: list[tuple[int, int]]) -> int | None:
    """The epoch in which a step was taken; None behind the last."""
    place = bisect.bisect_left(ends, (step, 0))
    return ends[place][1] if place < len(ends) else None
