"""The steps from files and overrides to a sweep: what is searched, where it exists, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dlcli.config import choices, grammar, objective
from dlcli.config.check import SEARCH
from dlcli.config.compose import Config
from dlcli.config.composing import Composing
from dlcli.config.declared import Declared, Declaring, apart, merged
from dlcli.config.existence import Existence, override_of, spoken
from dlcli.config.grammar import Override
from dlcli.config.point import point_overrides, value_text
from dlcli.config.problem import messages
from dlcli.config.redact import redact_override
from dlcli.config.space import Interval, Parameter, Point, Space, extremes
from dlcli.config.sweep import SweepConfig
from dlcli.config.tree import SWEEP_KEYS, Tree
from dlcli.errors import ConfigError

_SETTINGS = (*SEARCH, "objective")


class Searching:
    """One sweep's composition: each step collects its problems, the end raises them all.

    Args:
        tree: the files.
        allow: packages of the user's own whose code may run.
        warnings: what was ignored, for the user to know.
    """

    def __init__(self, tree: Tree, allow: tuple[str, ...], warnings: tuple[str, ...]) -> None:
        self._tree = tree
        self._allow = allow
        self._warnings = warnings
        self._problems: list[str] = []
        self._unclear: set[str] = set()
        self._wrong: list[str] = []  # options that there are not, which the base tells of

    def run(self, texts: Sequence[str]) -> SweepConfig:
        """Return the sweep.

        Raises:
            ConfigError: with one message for each problem.
        """
        parsed, self._problems = grammar.parse(texts, sweeps=True)
        own = [o for o in parsed if _head(o) in SWEEP_KEYS and not o.sweep]
        fixed = [o for o in parsed if _head(o) not in SWEEP_KEYS and not o.sweep]
        declared = self._declared(parsed, [*own, *fixed])
        fixed = [o for o in fixed if not self._is_unclear(o.key)]
        existence = Existence(self._tree, [*own, *fixed], [d for d in declared if d.group])
        space = self._space(declared, existence)
        fixed = [o for o in fixed if not self._is_conditional(o, existence)]
        self._same_search(existence)
        base, settings = self._base([*own, *fixed], space, existence)
        self._problems += self._grid(settings, space)
        if self._problems:
            raise ConfigError(list(dict.fromkeys(self._problems)))
        common = tuple(fixed)
        return SweepConfig(
            base=replace(
                base,
                overrides=tuple(o.text for o in common),
                warnings=(*base.warnings, *_repetitions(settings["search"], space)),
            ),
            settings=settings,
            space=space,
            overrides=tuple(o.text for o in common),
            searched=tuple(o.text for o in parsed if o not in common),
            tree=self._tree,
            common=common,
        )

    def _declared(self, parsed: Sequence[Override], given: Sequence[Override]) -> list[Declared]:
        """Return what is searched: groups before what exists only under them."""
        declaring = Declaring(self._tree.repository, parsed)
        chosen, _, wrong = choices.split(given, self._tree.root, self._tree.repository)
        self._wrong = wrong
        commands = declaring.commands()
        try:
            files = declaring.files(self._tree.start(chosen).space)
        except ConfigError as error:
            # Without its files there is nothing else to check.
            found = [*self._problems, *declaring.problems, *wrong, *error.problems]
            raise ConfigError(found) from error
        self._problems += declaring.problems
        self._unclear = declaring.unclear
        clear = [d for d in merged([*files, *commands]) if not self._is_unclear(d.key)]
        return _in_order(clear)

    def _is_unclear(self, key: str) -> bool:
        """Tell whether a key is below a group whose options are not known."""
        return "." in key and key.partition(".")[0] in self._unclear

    def _space(self, declared: Sequence[Declared], existence: Existence) -> Space:
        """Return the parameters, each with the options that it exists under."""
        found: list[tuple[Declared, Parameter]] = []
        for item in declared:
            try:
                under = item.under if item.group else existence.under(item)
            except ConfigError as error:
                self._problems += error.problems
                continue
            parameter = Parameter(item.key, item.domain, item.group, under)
            twins = [(d, p) for d, p in found if p.key == item.key]
            self._problems += [
                f"{item.place}: searched twice, see {other.place}; keep one of them"
                for other, twin in twins
                if not apart(under, twin.under)
            ]
            if twins:
                parameter = replace(parameter, variant=_variant(item))
            found.append((item, parameter))
        if not found and not self._problems and not self._wrong:
            self._problems.append(
                "nothing to search; write KEY='choice(A, B)' or KEY='interval(LOW, HIGH)', "
                "or space: in an experiment file"
            )
        return Space(tuple(parameter for _, parameter in found))

    def _is_conditional(self, override: Override, existence: Existence) -> bool:
        """Tell whether a fixed override fits only some of the options, and say so."""
        problems = {spoken(c): existence.problem(override, c) for c in existence.variations()}
        wrong = [words for words, problem in problems.items() if problem]
        if not wrong or len(wrong) == len(problems):
            return False
        advice = "leave it out, or search fewer options"
        if override.kind != "delete":
            text = value_text(override.value)
            advice = f"write {override.key}='choice({text})', which is only where it exists"
        self._problems.append(
            f"override {redact_override(override.text)}: there is no {override.key} with "
            f"{' or '.join(wrong)}; {advice}"
        )
        return True

    def _same_search(self, existence: Existence) -> None:
        """Refuse options that each say for themselves how to search."""
        first, *others = existence.variations()
        said = {key: existence.value(key, first) for key in _SETTINGS}
        space = existence.start(first).space
        for combination in others:
            start = existence.start(combination)
            if start.space != space or any(
                existence.value(key, combination) != said[key] for key in _SETTINGS
            ):
                self._problems.append(
                    f"{spoken(combination)}: searches in another way than {spoken(first)}; "
                    "say it on the command line, or in what is not searched"
                )

    def _base(
        self, given: Sequence[Override], space: Space, existence: Existence
    ) -> tuple[Config, dict[str, Any]]:
        """Return a training's configuration, and the nodes of the search."""
        first = existence.combination()
        overrides = [*given, *(override_of(k, v) for k, v in first.items())]
        overrides += _without_default(space, existence, first)
        whole, part = Composing(self._tree), Composing(self._tree, trial=True)
        values = self._composed(whole, overrides)
        training = self._composed(part, [o for o in overrides if _head(o) not in SWEEP_KEYS])
        if values:
            wrong = objective.problems(values)
            self._problems += messages(wrong, whole.origins, whole.secrets)
        base = _config(part, training, (), self._allow, self._warnings)
        return base, {key: values.get(key) for key in _SETTINGS}

    def _composed(self, composing: Composing, overrides: Sequence[Override]) -> dict[str, Any]:
        try:
            return composing.compose(overrides)
        except ConfigError as error:
            self._problems += error.problems
            return {}

    def _grid(self, settings: Mapping[str, Any], space: Space) -> list[str]:
        search = settings.get("search")
        if not isinstance(search, Mapping) or search.get("kind") != "grid":
            return []
        try:
            space.grid()
        except ConfigError as error:
            return error.problems
        return []


def trial(
    tree: Tree,
    overrides: Sequence[Override],
    problems: Sequence[str],
    allow: tuple[str, ...],
    warnings: tuple[str, ...] = (),
) -> Config:
    """Return the configuration of a training of a sweep.

    Raises:
        ConfigError: with one message for each problem, those before among them.
    """
    composing = Composing(tree, trial=True)
    values = composing.compose(overrides, problems)
    texts = tuple(override.text for override in overrides)
    return _config(composing, values, texts, allow, warnings)


def at_point(sweep: SweepConfig, point: Mapping[str, Any]) -> Config:
    """Return the configuration at a point of a sweep's space.

    Raises:
        ConfigError: with one message for each problem.
    """
    overrides = [*sweep.common, *(override_of(key, value) for key, value in point.items())]
    try:
        return trial(sweep.tree, overrides, [], sweep.base.allow)
    except ConfigError as error:
        domains = {p.key: p.domain for p in sweep.space.parameters}
        problems = [_advised(problem, domains, point) for problem in error.problems]
        raise ConfigError(problems) from error


def _config(
    composing: Composing,
    values: dict[str, Any],
    overrides: tuple[str, ...],
    allow: tuple[str, ...],
    warnings: tuple[str, ...],
) -> Config:
    return Config(
        values=values,
        origins=composing.origins,
        overrides=overrides,
        choices=composing.choices,
        allow=allow,
        warnings=warnings,
        secrets=tuple(composing.secrets),
        references=composing.references,
    )


def _advised(problem: str, domains: Mapping[str, Any], point: Mapping[str, Any]) -> str:
    """Return a problem with the way to search whole numbers where that is what is wanted."""
    for text in point_overrides(point):
        key = text.partition("=")[0]
        domain = domains.get(key)
        if problem.startswith(f"override {text}: expected a whole number") and isinstance(
            domain, Interval
        ):
            return f"{problem}; write int(interval({domain.low:g}, {domain.high:g}))"
    return problem


def _head(override: Override) -> str:
    return re.split(r"[./@]", override.key)[0]


def _variant(item: Declared) -> str:
    """Return what tells a parameter from another one of its key: the options it is under."""
    return ",".join(
        f"{group}={'|'.join(map(value_text, options))}" for group, options in item.under
    )


def _without_default(space: Space, existence: Existence, first: Point) -> list[Override]:
    """Return overrides with the first value of what has none in the files."""
    found = []
    for parameter in space.parameters:
        has, value = existence.value(parameter.key, first)
        if parameter.exists(first) and not parameter.group and (not has or value == "???"):
            found.append(override_of(parameter.key, extremes(parameter.domain)[0]))
    return found


def _repetitions(search: Mapping[str, Any], space: Space) -> Iterator[str]:
    """A line where there are more trials than points."""
    trials = search["n_trials"]
    points = None if search["kind"] == "grid" or not trials else space.count(trials - 1)
    if points is not None:
        yield (
            f"search.n_trials: {trials} trials of a space of {points} points, so some are tried "
            "again with the same seed; search=grid tries each once"
        )


def _in_order(declared: Sequence[Declared]) -> list[Declared]:
    """Return groups first, each after those it is under, then the rest in the order given."""
    groups = sorted((d for d in declared if d.group), key=lambda d: len(d.under))
    return [*groups, *(d for d in declared if not d.group)]
