"""The pruner: made anew for each judgement, so that it knows only what the study knows."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlcli.config.instantiate import instantiate
from dlcli.errors import ConfigError
from dlcli.search.quiet import quiet

if TYPE_CHECKING:
    import optuna
    from optuna.pruners import BasePruner


class Pruner:
    """Makes pruners as a node of the configuration says.

    Raises:
        ConfigError: the node makes none.
    """

    def __init__(self, node: Mapping[str, Any], allow: Sequence[str]) -> None:
        with quiet():
            try:
                self._unused: BasePruner = instantiate(node, allow)
            except ConfigError as error:
                raise ConfigError([f"pruner: {problem}" for problem in error.problems]) from error

    @property
    def prunes(self) -> bool:
        """Whether it ever would."""
        from optuna.pruners import NopPruner

        return not isinstance(self._unused, NopPruner)

    def fresh(self, study: optuna.Study) -> BasePruner:
        """A pruner that has forgotten every study but has read this one."""
        from optuna.pruners import HyperbandPruner
        from optuna.trial import TrialState, create_trial

        pruner = copy.deepcopy(self._unused)
        if isinstance(pruner, HyperbandPruner):
            # It makes its brackets when first asked, and until then puts all trials in one.
            pruner.prune(study, create_trial(state=TrialState.RUNNING))
        return pruner
