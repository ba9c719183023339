"""A study: which trials there are, what is tried next, and what came of it.

Optuna samples and prunes on a copy in memory, and each result of it is written to the database in
one step. So a trial is there with all its parameters or not at all, whenever the process dies, and
asking again, for a trial that is not there, draws the same: every draw has a seed of its own.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from dlcli.config.space import Point, Space
from dlcli.errors import ConfigError, StoreError
from dlcli.search import results, samplers
from dlcli.search.database import WAIT_S, check_owner
from dlcli.search.description import check_same, description
from dlcli.search.encoding import Points
from dlcli.search.history import History
from dlcli.search.pruner import Pruner
from dlcli.search.quiet import quiet
from dlcli.search.results import Trial
from dlcli.search.settings import Search
from dlcli.search.store import PRUNED_AT, REASON, Store

__all__ = ["Study", "Trial"]

Direction = Literal["min", "max"]
State = Literal["complete", "pruned", "failed"]


class Study:
    """The study of a sweep; only one process at a time may have it open."""

    def __init__(
        self,
        url: str,
        name: str,
        space: Space,
        search: Search,
        pruner_node: Mapping[str, Any],
        directions: Sequence[Direction],
        allow: Sequence[str],
        wait: float,
    ) -> None:
        samplers.check(search, space, len(directions))
        self._space = space
        self._search = search
        self._directions = list(directions)
        self._points = Points(space)
        self._grid = space.grid() if search.kind == "grid" else None
        self._make = samplers.factory(search, allow) if search.kind != "grid" else None
        self._pruner = Pruner(pruner_node, allow)
        if len(directions) > 1 and self._pruner.prunes:
            raise ConfigError("pruner: pruning needs one objective; write pruner=none")
        self._description = description(space, search, pruner_node, directions)
        self._name = name
        self._store = Store(url, name, wait)
        self._loaded: History | None = None

    @classmethod
    def create(
        cls,
        url: str,
        name: str,
        space: Space,
        search: Search,
        pruner_node: Mapping[str, Any],
        directions: Sequence[Direction],
        allow: Sequence[str] = (),
        wait: float = WAIT_S,
    ) -> Study:
        """Make a study, or finish making one; one that has trials is refused.

        Args:
            url: of the database, as SQLAlchemy reads it.
            name: of the study.
            space: what is searched.
            search: how.
            pruner_node: of the configuration; builds the pruner.
            directions: of each objective.
            allow: packages of the user's own whose code may run.
            wait: seconds for another program's lock.

        Raises:
            ConfigError: a setting that does not fit the rest.
            StoreError: nothing can be written, or there is such a study already.
        """
        study = cls(url, name, space, search, pruner_node, directions, allow, wait)
        if search.kind == "cmaes" and study._store.path is None:
            check_owner(None)
        study._store.create(directions, study._description)
        study._open()
        if study._history.count:
            study.close()
            place = study._store.place
            raise StoreError(f"{place}: holds trials of a study called {name} already; use --name")
        return study

    @classmethod
    def open(
        cls,
        url: str,
        name: str,
        space: Space,
        search: Search,
        pruner_node: Mapping[str, Any],
        directions: Sequence[Direction],
        allow: Sequence[str] = (),
        wait: float = WAIT_S,
    ) -> Study:
        """Open a study that is there; the arguments are those of ``create``.

        Raises:
            ConfigError: it has another space, search, pruner or direction.
            StoreError: it is missing, damaged, locked or another program's.
        """
        study = cls(url, name, space, search, pruner_node, directions, allow, wait)
        study._open()
        return study

    def _open(self) -> None:
        stored = self._store.open()
        check_same(self._store.place, stored, self._description)
        if self._search.kind == "cmaes":
            check_owner(self._store.path)
        _ = self._history

    def close(self) -> None:
        """Let go of the database; what was told stays."""
        self._store.close()

    @property
    def _history(self) -> History:
        if self._loaded is None:
            distributions = self._points.distributions
            trials = self._store.load(distributions)
            self._loaded = History(self._name, self._directions, distributions, trials)
        return self._loaded

    def ask(self, number: int) -> Point:
        """The parameters of a trial, which is made where it is not there yet.

        Args:
            number: the next one, or that of a trial that is there.

        Raises:
            StoreError: it cannot be written.
        """
        history = self._history
        if number >= history.count:
            if number > history.count:
                raise ValueError(f"trial {number} asked for when there are {history.count}")
            self._add(history, number)
        return self._points.decode(history.trial(number).params)

    def _add(self, history: History, number: int) -> None:
        with self._whole(), quiet():
            if self._grid is not None:
                history.add(self._points.encode(self._grid[number]))
            else:
                assert self._make is not None
                sampler = samplers.seeded(self._search, self._make, number, self._space)
                trial = history.begin(sampler, self._pruner.fresh(history.study))
                self._points.draw(trial)
                history.tidy(number)
            self._store.add(number, history.trial(number))

    def report(self, number: int, step: int, value: float) -> bool:
        """Record an intermediate value and tell whether the trial should be pruned.

        A step is recorded and judged once; a repeated one changes nothing. A trial that is to be
        pruned ends with that step, also after a crash: of later ones, which it may or may not
        have come to, nothing is recorded, and every answer says so. A value that is not finite,
        and those of several objectives, are neither recorded nor judged.

        Raises:
            StoreError: it cannot be written.
        """
        trial = self._history.trial(number)
        last = trial.user_attrs.get(PRUNED_AT, math.inf)
        if len(self._directions) > 1 or trial.state.is_finished():
            return False
        if step > last or step in trial.intermediate_values or not math.isfinite(value):
            return bool(step >= last)
        with self._whole():
            return self._record(number, step, float(value), PRUNED_AT in trial.user_attrs)

    def _record(self, number: int, step: int, value: float, decided: bool) -> bool:
        pruner = self._pruner.fresh(self._history.study)
        with quiet():
            prune, noted = self._history.judge(number, step, value, pruner)
        if prune and not decided:
            self._history.note(number, PRUNED_AT, step)
        self._store.report(number, step, value, noted, prune and not decided)
        return prune or decided

    def tell(
        self, number: int, state: State, values: Sequence[float] | None = None, reason: str = ""
    ) -> None:
        """Record how a trial ended; what was told first stays.

        Args:
            number: of a trial that was asked for.
            state: a complete trial with a value that is not finite becomes a failed one.
            values: of a complete trial, one an objective.
            reason: why it ended.

        Raises:
            StoreError: it cannot be written.
        """
        from optuna.trial import TrialState

        trial = self._history.trial(number)
        if trial.state.is_finished():
            return
        if state == "complete" and len(values or ()) != len(self._directions):
            raise ValueError(f"{values} for {len(self._directions)} objectives")
        told = [float(value) for value in values or ()]
        if state == "complete" and not all(map(math.isfinite, told)):
            state, reason = "failed", "diverged"
        if state == "pruned":
            told = [trial.intermediate_values[trial.last_step]] if trial.last_step else []
        ended = {
            "complete": TrialState.COMPLETE,
            "pruned": TrialState.PRUNED,
            "failed": TrialState.FAIL,
        }[state]
        with self._whole():
            final = told if told and state != "failed" else None
            self._store.finish(number, ended, final, reason)
            self._history.note(number, REASON, reason)
            self._history.finish(number, ended, final)

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Read the database anew after a step that it may not hold, or hold unseen."""
        try:
            yield
        except BaseException:
            self._loaded = None
            raise

    def states(self) -> dict[int, str]:
        """The state of every trial, by number: running, complete, pruned or failed."""
        return {trial.number: results.state(trial) for trial in self._history.trials()}

    def best(self) -> tuple[int, float] | None:
        """Number and value of the best complete trial; of equal ones the first."""
        return results.best(self._history, self._directions[0])

    def pareto(self) -> list[int]:
        """Numbers of the complete trials that no other one beats in all objectives."""
        return results.pareto(self._history)

    def importances(self) -> dict[str, float]:
        """The share of each parameter, by its name, in what sets the best trials apart.

        The greatest first; empty where there is too little to tell from.
        """
        return results.importances(self._history)

    def trials(self) -> list[Trial]:
        """Every trial, in the order of their numbers."""
        return [results.described(one, self._points.decode) for one in self._history.trials()]
