"""One attempt at a trial: its process, what it has reported, and what came of it."""

from __future__ import annotations

import math
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dlcli.search.executor import Handle
from dlcli.search.trial import LOST, STORAGE, Report, Result, TrialFolder

# A lost process goes on from its checkpoint; an error is tried once more, as it may be the
# machine's; so is a full disk. Anything else would only happen again.
RETRIABLE = (LOST, ("error", "oom"), (STORAGE,))


@dataclass
class Attempt:
    """A trial with a process, or one that had one.

    Args:
        deadline: when it is out of time, on the coordinator's clock.
        handle: of its process; none where another coordinator started it.
        out_of_time: whether it was ended for that.
    """

    number: int
    trial: TrialFolder
    run_id: str
    deadline: float = math.inf
    handle: Handle = field(init=False)
    out_of_time: bool = False
    _offset: int = 0

    def new_reports(self) -> list[Report]:
        """What was reported since the last call."""
        reports, self._offset = self.trial.reports(self._offset)
        return reports

    def lost(self) -> Result:
        """What became of a trial whose process left no result."""
        if self.out_of_time:
            return Result("failed", "timeout", {}, "it ran longer than search.trial_timeout")
        status = self.handle.exitcode if hasattr(self, "handle") else None
        if status is None:
            return Result("failed", "exit", {}, "its process is gone")
        if status >= 0 and status != 128 + signal.SIGTERM:
            return Result("failed", "exit", {}, f"it ended with status {status} and no result")
        number = -status if status < 0 else signal.SIGTERM
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        hint = "; perhaps the machine ran out of memory" if number == signal.SIGKILL else ""
        return Result("failed", "killed", {}, f"its process was killed by {name}{hint}")


def may_try_again(result: Result, before: Sequence[Result], retries: int) -> bool:
    """Whether a trial has another attempt, each kind of failure counted alone.

    Args:
        result: of the last attempt.
        before: of those that the trial survived.
        retries: after a lost process; after anything else there is one at most.
    """
    kind = next((one for one in RETRIABLE if result.reason in one), ())
    limit = retries if kind == LOST else min(1, retries)
    count = sum(one.reason in kind for one in before)
    return bool(kind) and result.state == "failed" and count < limit


def left_over(number: int, trial: TrialFolder) -> Attempt | None:
    """What a dead coordinator left of a trial that needs no process any more; None: it needs one.

    It has a result, or the pruner had spoken. A result that only says that the disk took nothing
    more is set aside.
    """
    about, result = trial.read(), trial.result()
    if result is not None and result.reason == STORAGE and not trial.stop_asked:
        trial.set_aside(result)
        result = None
    if about is None or not about["run_id"]:
        return None
    if result is None and not trial.stop_asked:
        return None
    return Attempt(number, trial, about["run_id"])


def judged(result: Result, trial: TrialFolder, metrics: Sequence[str]) -> Result:
    """A result as the study takes it: with its values, or pruned where the pruner spoke first.

    How far a trial came after that is chance. What somebody should see to is told nevertheless.
    """
    if trial.stop_asked and result.reason not in ("error", "oom", "config", "data"):
        return replace(result, state="pruned", reason="pruned", message="")
    if result.state != "complete":
        return result
    missing = [name for name in metrics if name not in result.values]
    if missing:
        logged = ", ".join(sorted(result.values))
        message = f"objective.metric: {missing[0]} was not logged; logged are {logged}"
        return replace(result, state="failed", reason="metric", message=message)
    wrong = [name for name in metrics if not math.isfinite(result.values[name])]
    if wrong:
        message = f"{wrong[0]} is {result.values[wrong[0]]}"
        return replace(result, state="failed", reason="diverged", message=message)
    return result
