"""The metrics of a run where it was best, and where it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dlcli.comparison.detail import Detail

BEST, COST = "best/", "cost/"
STAGES = ("test/", "val/", "train/")
COUNTED = ("epoch", "best/epoch")  # shown as numbers of their own


@dataclass(frozen=True)
class Metric:
    """One metric of a run.

    Args:
        best: at the best checkpoint; None where it was not measured there.
        last: its last value; None where it is measured at the best checkpoint alone.
        direction: ``min`` or ``max``: which way is better; None where the run does not say.
    """

    name: str
    best: float | None
    last: float | None
    direction: str | None = None


def metrics(detail: Detail) -> list[Metric]:
    """Those of the test, of the validation, of the training, then others; losses after scores.

    Of an evaluation all is measured at the best checkpoint. Of a run that did not come to its end
    the best is what its manifest says.
    """
    known = detail.record.metrics
    best = at_best(detail)
    last = {} if detail.kind == "evaluate" else dict(known)
    names = [name for name in {**best, **last} if _is_shown(name)]
    return [
        Metric(
            name,
            best.get(name),
            None if name.startswith("test/") else last.get(name),
            detail.record.tags.get(f"dlcli.mode.{name}"),
        )
        for name in sorted(names, key=rank)
    ]


def at_best(detail: Detail) -> dict[str, float]:
    """The metrics at the best checkpoint, by the names that an evaluation gives them."""
    known = detail.record.metrics
    if detail.kind == "evaluate":
        return {name: value for name, value in known.items() if _is_shown(name)}
    saved: Mapping[str, float] = next(
        (one.metrics for one in detail.checkpoints if one.role == "best"), {}
    )
    told = {name.removeprefix(BEST): v for name, v in known.items() if name.startswith(BEST)}
    test = {name: value for name, value in known.items() if name.startswith("test/")}
    found = {**saved, **told, **test}
    return {name: value for name, value in found.items() if _is_shown(name) and name != "lr"}


def best_epoch(detail: Detail) -> int | None:
    """How many epochs were finished at the best checkpoint; None where there is none."""
    told = detail.record.metrics.get("best/epoch")
    if told is not None:
        return int(told)
    return next((one.epoch for one in detail.checkpoints if one.role == "best"), None)


def epochs(detail: Detail) -> int | None:
    """How many epochs were finished; None where none is recorded."""
    saved = max((one.epoch for one in detail.checkpoints), default=None)
    told = detail.record.metrics.get("epoch")
    if saved is not None or told is None:
        return saved
    # the last one is logged by its number from 0, and with the test their count
    tested = any(name.startswith("test/") for name in detail.record.metrics)
    return int(told) + (not tested)


def cost(detail: Detail) -> dict[str, float]:
    """What it cost, by the last part of the names: params, flops, samples_per_second …"""
    known = detail.record.metrics.items()
    return {name.removeprefix(COST): value for name, value in known if name.startswith(COST)}


def _is_shown(name: str) -> bool:
    return not name.startswith((BEST, COST, "trials/")) and name not in COUNTED


def rank(name: str) -> tuple[int, bool, str]:
    """Where a metric stands among others: by its stage, losses after scores."""
    stage = next((i for i, stage in enumerate(STAGES) if name.startswith(stage)), len(STAGES))
    return stage, name.endswith("/loss"), name
