"""The trials of a study in memory, as Optuna's samplers and pruners read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from dlcli.search.quiet import quiet

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.trial import FrozenTrial, TrialState


_DIRECTIONS: dict[str, Literal["minimize", "maximize"]] = {"min": "minimize", "max": "maximize"}

_CONTENT = ("params", "distributions", "user_attrs", "system_attrs", "intermediate_values")


class History:
    """All trials by number; reading and writing them costs no more when there are many.

    Args:
        name: of the study, by which hyperband deals trials out to its brackets.
        directions: of the objectives, ``min`` or ``max``.
        distributions: of every parameter by name, shared by all trials.
        trials: what the database holds, in the order of their numbers.
    """

    def __init__(
        self,
        name: str,
        directions: Sequence[str],
        distributions: Mapping[str, BaseDistribution],
        trials: Sequence[FrozenTrial] = (),
    ) -> None:
        import optuna

        self._distributions = distributions
        self._storage = optuna.storages.InMemoryStorage()
        with quiet():
            self.study = optuna.create_study(
                storage=self._storage,
                study_name=name,
                directions=[_DIRECTIONS[direction] for direction in directions],
            )
        for trial in trials:
            self._append(trial)

    def _append(self, trial: FrozenTrial) -> None:
        content = {name: getattr(trial, name) for name in _CONTENT}
        for name in _CONTENT:
            setattr(trial, name, {})  # or it would be copied, slowly
        number = self._storage.create_new_trial(self.study._study_id, trial)
        for name, value in content.items():
            setattr(self.trial(number), name, value)
        self.tidy(number)

    @property
    def count(self) -> int:
        """How many trials there are."""
        return len(self.trials())

    def trial(self, number: int) -> FrozenTrial:
        """One trial; not to be changed."""
        return self._storage.get_trial(number)  # which counts as the numbers do

    def trials(self, state: TrialState | None = None) -> list[FrozenTrial]:
        """All trials, or those of one state, in order; not to be changed."""
        states = None if state is None else (state,)
        return self.study.get_trials(deepcopy=False, states=states)

    def begin(self, sampler: Any, pruner: BasePruner) -> optuna.Trial:
        """Make the next trial, whose parameters are yet to be drawn."""
        self.study.sampler = sampler
        self.study.pruner = pruner
        return self.study.ask()

    def add(self, params: Mapping[str, Any]) -> None:
        """Make the next trial with these parameters, by their names."""
        from optuna.trial import TrialState, create_trial

        trial = create_trial(state=TrialState.RUNNING)
        trial.params = dict(params)
        self._append(trial)

    def tidy(self, number: int) -> None:
        """Let a trial share its distributions with all others."""
        trial = self.trial(number)
        trial.distributions = {name: self._distributions[name] for name in trial.params}

    def judge(
        self, number: int, step: int, value: float, pruner: BasePruner
    ) -> tuple[bool, dict[str, Any]]:
        """Take a report; returns whether to prune, and what the pruner noted on the trial."""
        self._storage.set_trial_intermediate_value(number, step, value)
        before = self.trial(number).system_attrs
        prune = pruner.prune(self.study, self.trial(number))
        after = self.trial(number).system_attrs
        return bool(prune), {key: after[key] for key in after.keys() - before.keys()}

    def note(self, number: int, key: str, value: Any) -> None:
        """Note something on a trial."""
        self._storage.set_trial_user_attr(number, key, value)

    def finish(self, number: int, state: TrialState, values: Sequence[float] | None) -> None:
        """End a trial."""
        self._storage.set_trial_state_values(number, state, values)
