"""What the trials of a study come to: the best, those that none beats, what mattered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from dlcli.config.space import Point
from dlcli.search.history import History
from dlcli.search.quiet import quiet
from dlcli.search.store import REASON

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

# Fewer trials tell nothing of a parameter, and so do fewer among the best (Optuna's advice).
LEAST_TRIALS = 10
LEAST_BEST = 5


@dataclass(frozen=True)
class Trial:
    """A trial as the study knows it.

    Args:
        state: running, complete, pruned or failed.
        values: of the objectives; of a pruned trial its last report, if it made one.
        reason: why it ended.
        seconds: from asking for it to its end, its pauses included; 0 while it runs.
    """

    number: int
    state: str
    params: Point
    values: tuple[float, ...]
    reason: str
    seconds: float


def state(trial: FrozenTrial) -> str:
    """The state of a trial as it is called here."""
    return {"FAIL": "failed"}.get(trial.state.name, trial.state.name.lower())


def described(trial: FrozenTrial, decode: Callable[[Mapping[str, Any]], Point]) -> Trial:
    """A trial as the study knows it."""
    return Trial(
        number=trial.number,
        state=state(trial),
        params=decode(trial.params),
        values=tuple(trial.values or ()),
        reason=trial.user_attrs.get(REASON, ""),
        seconds=_seconds(trial),
    )


def _seconds(trial: FrozenTrial) -> float:
    """From start to end, across a change of the clocks, too: Optuna writes the local time."""
    if not trial.datetime_start or not trial.datetime_complete:
        return 0.0
    start, end = trial.datetime_start.astimezone(UTC), trial.datetime_complete.astimezone(UTC)
    return max(0.0, (end - start).total_seconds())


def best(history: History, direction: str) -> tuple[int, float] | None:
    """Number and value of the best complete trial, of equal ones the first."""
    from optuna.trial import TrialState

    sign = 1.0 if direction == "min" else -1.0
    complete = history.trials(TrialState.COMPLETE)
    found = min(complete, key=lambda trial: (sign * trial.values[0], trial.number), default=None)
    return None if found is None else (found.number, found.values[0])


def pareto(history: History) -> list[int]:
    """Numbers of the complete trials that no other one beats in all objectives."""
    with quiet():
        return sorted(trial.number for trial in history.study.best_trials)


def importances(history: History) -> dict[str, float]:
    """The share of each parameter in what sets the best trials apart, the greatest first.

    By PED-ANOVA (Watanabe et al., IJCAI 2023), which also knows parameters that do not exist in
    every trial. Empty where there are too few complete trials, or all have one value.
    """
    from optuna.trial import TrialState

    trials = history.trials(TrialState.COMPLETE)
    if len(trials) < LEAST_TRIALS or len({tuple(trial.values) for trial in trials}) == 1:
        return {}
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    evaluator = PedAnovaImportanceEvaluator(
        target_quantile=max(0.1, LEAST_BEST / len(trials)),
        region_quantile=1.0,
        evaluate_on_local=True,
    )
    with quiet():
        found = get_param_importances(history.study, evaluator=evaluator, normalize=False)
    total = sum(found.values())
    if not total > 0:
        return {}
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return {name: value / total for name, value in ordered}
