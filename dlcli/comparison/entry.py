"""One recorded run as it is compared: what it was made with, and what it scored and cost."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from functools import cached_property

from dlcli.comparison.scores import at_best
from dlcli.tracking.command import words
from dlcli.tracking.run_record import CHOICE, INFINITE, RunRecord

MODE = "dlcli.mode."
COST = "cost/"
DIRTY = "dlcli.git.dirty"
_TARGET = re.compile(r"\btarget='(\w+)'")


@dataclass(frozen=True)
class Entry:
    """A run to compare.

    Args:
        record: the run's.
        source: the run that was evaluated, where ``record`` is an evaluation; else the same.
    """

    record: RunRecord
    source: RunRecord

    @property
    def is_evaluation(self) -> bool:
        """Whether it measured another run's checkpoint."""
        return self.record.tags.get("dlcli.kind") == "evaluate"

    @property
    def is_finished(self) -> bool:
        """Whether it came to its end, so that its scores are those of the whole run."""
        return self.record.is_complete

    @cached_property
    def seed(self) -> str:
        """The seed; "" where none is recorded."""
        return self.source.params.get("seed", self.source.tags.get("dlcli.seed", ""))

    @cached_property
    def choices(self) -> dict[str, str]:
        """The option of each group."""
        tags = {**self.source.tags, **self.record.tags}
        return {k.removeprefix(CHOICE): v for k, v in tags.items() if k.startswith(CHOICE)}

    @cached_property
    def typed(self) -> frozenset[str]:
        """The keys that were given on the command line."""
        typed = words(self.source.tags)
        return frozenset(word.lstrip("+~").partition("=")[0] for word in typed)

    @cached_property
    def scores(self) -> dict[str, float]:
        """The scores at the best checkpoint."""
        scores = {name: put_right(value) for name, value in at_best(self.record).items()}
        return {name: value for name, value in scores.items() if not name.startswith(COST)}

    @cached_property
    def costs(self) -> dict[str, float]:
        """What training cost, by the names of ``cost/…``."""
        metrics = self.source.metrics.items()
        return {name: put_right(value) for name, value in metrics if name.startswith(COST)}

    def value(self, metric: str) -> float | None:
        """A score, a cost, or any other number that was recorded."""
        for known in (self.scores, self.costs):
            if metric in known:
                return known[metric]
        found = self.record.metrics.get(metric)
        return None if found is None else put_right(found)

    def direction(self, metric: str) -> str | None:
        """``min`` or ``max``: which of two values is better; None where the run does not say."""
        mode = self.source.tags.get(MODE + metric.removeprefix("best/"))
        return mode if mode in ("min", "max") else None

    @property
    def fingerprint(self) -> str:
        """Of the data; "" where none is recorded."""
        record, source = self.record.tags, self.source.tags
        return record.get("dlcli.data.fingerprint") or source.get("dlcli.data.fingerprint", "")

    @property
    def target(self) -> str:
        """What is asked of the data: class, value, next token; "" where it is not recorded."""
        found = _TARGET.search(self.source.tags.get("dlcli.data.spec", ""))
        column = self.source.params.get("data.target", "")
        return f"{found[1] if found else ''} {column}".strip()

    @cached_property
    def code(self) -> str:
        """The commit that it was made with, and a mark of what was not committed: 1a2b3c4d+5e6f."""
        tags = self.source.tags
        commit = tags.get("mlflow.source.git.commit", "")
        return commit[:8] + (f"+{self._uncommitted}" if tags.get(DIRTY) == "true" else "")

    @property
    def _uncommitted(self) -> str:
        """What tells one uncommitted change from another; "" where it is not here."""
        if self.source.folder is None:
            return ""
        try:
            diff = (self.source.folder / "artifacts" / "git.diff").read_bytes()
        except OSError:
            return ""
        return hashlib.sha256(diff).hexdigest()[:4]


def put_right(value: float) -> float:
    """A number, infinite where MLflow wrote its largest for that."""
    return value if abs(value) < INFINITE or math.isnan(value) else math.copysign(math.inf, value)
