"""Samplers that depend on nothing but the seed, the trial's number and the trials before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlcli.config.instantiate import instantiate
from dlcli.config.space import Choice, Space
from dlcli.errors import ConfigError
from dlcli.search.encoding import Points
from dlcli.search.quiet import quiet
from dlcli.search.seed import derived
from dlcli.search.settings import Search

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

Factory = Callable[..., "BaseSampler"]


class Seeded:
    """The sampler of one trial: what Optuna asks of a sampler, with a seed for every draw.

    What is drawn jointly has a seed by the trial's number, and each other parameter one by its
    name as well, so that a trial that is asked for again is drawn again as it was.

    Args:
        make: makes the sampler, given ``seed``.
        seed: of the search.
        number: of the trial.
    """

    def __init__(self, make: Factory, seed: int, number: int) -> None:
        self._make = make
        self._seed = seed
        self._number = number
        self._joint = self._jointly()

    def _jointly(self) -> BaseSampler:
        return self._make(seed=derived(self._seed, self._number))

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Nothing is to be made ready."""

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What is drawn jointly."""
        return self._joint.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw jointly."""
        return self._joint.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw one parameter that is not drawn jointly."""
        alone = self._make(seed=derived(self._seed, self._number, param_name))
        return alone.sample_independent(study, trial, param_name, param_distribution)


class Numbered(Seeded):
    """A quasi-random sequence of which each trial is the member of its own number.

    Args:
        space: what exists in every trial is drawn from the sequence; the rest by itself.
    """

    def __init__(self, make: Factory, seed: int, number: int, space: Space) -> None:
        self._space = space
        super().__init__(make, seed, number)

    def _jointly(self) -> BaseSampler:
        # One scrambling for all trials, and the number instead of a counter in the database.
        sampler = self._make(seed=derived(self._seed))
        vars(sampler)["_find_sample_id"] = lambda study, search_space: self._number
        return sampler

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What exists in every trial, known before the first one."""
        distributions = Points(self._space).distributions
        always = {p.name: distributions[p.name] for p in self._space.parameters if not p.under}
        return {name: one for name, one in always.items() if not one.single()}


def seeded(search: Search, make: Factory, number: int, space: Space) -> Seeded:
    """The sampler of one trial."""
    if search.kind == "qmc":
        return Numbered(make, search.seed, number, space)
    return Seeded(make, search.seed, number)


def factory(search: Search, allow: Sequence[str]) -> Factory:
    """What makes the sampler, tried once.

    Raises:
        ConfigError: a setting that the sampler refuses, or that would keep a sweep from
            repeating.
    """
    node = dict(search.sampler or {})
    problems = [_refused(key) for key, value in node.items() if key == "seed" or _is_object(value)]
    if problems:
        raise ConfigError(problems)
    with quiet():
        make: Factory = instantiate({**node, "_partial_": True}, allow)
        try:
            make(seed=0)
        except ImportError as error:
            raise ConfigError(f"search={search.kind}: needs a package: {error}") from error
        except (TypeError, ValueError) as error:
            raise ConfigError(f"search.sampler: {error}") from error
    return make


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and "_target_" in value


def _refused(key: str) -> str:
    if key == "seed":
        return "search.sampler.seed: is derived for every trial; set search.seed"
    return (
        f"search.sampler.{key}: an object keeps a state that a resumed sweep would not have; "
        "write null"
    )


def check(search: Search, space: Space, objectives: int) -> None:
    """Refuse (ConfigError) a sampler that cannot search such a space or so many objectives."""
    if search.kind == "grid":
        space.grid()
    if search.kind != "cmaes":
        return
    if objectives > 1:
        raise ConfigError("search=cmaes: knows one objective only; write search=tpe")
    numbers = [p for p in space.parameters if not isinstance(p.domain, Choice) and not p.under]
    if not numbers:
        raise ConfigError(
            "search=cmaes: searches numbers, and none is in every trial; write search=tpe"
        )
