"""The scores of a recorded run, and which of them tell most."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlcli.tracking.run_record import RunRecord

# Of a run that has one of them, these and the losses are shown; --json tells the rest.
TELLING = ("acc", "rmse", "perplexity")


def main_metrics(record: RunRecord) -> dict[str, float]:
    """The scores at the best checkpoint; of an evaluation, all that it measured."""
    if record.tags.get("dlcli.kind") == "evaluate":
        return record.metrics
    scores = ("test/", "best/val/")
    return {name: value for name, value in record.metrics.items() if name.startswith(scores)}


def at_best(record: RunRecord) -> dict[str, float]:
    """The scores by the names that an evaluation of the best checkpoint gives them."""
    return {name.removeprefix("best/"): value for name, value in main_metrics(record).items()}


def telling(scores: dict[str, float]) -> dict[str, float]:
    """The losses and the scores that say most; all of them where none is known to."""
    quantities = {name: name.rpartition("/")[2] for name in scores}
    if not any(quantity in TELLING for quantity in quantities.values()):
        return scores
    return {name: scores[name] for name, q in quantities.items() if q == "loss" or q in TELLING}


def main_score(record: RunRecord) -> str:
    """The name of the score that tells most; "" where there is none."""
    return next(iter(ranked(telling(at_best(record)))), "")


def ranked(names: Iterable[str]) -> list[str]:
    """Names of scores, the most telling first: before losses, of the test set before others."""
    return sorted(set(names), key=_rank)


def _rank(name: str) -> tuple[bool, bool, str]:
    return (name.endswith("/loss"), not name.startswith("test/"), name)
