"""Build what a configuration names: the only place where a ``_target_`` is run."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, cast

from dlcli.config.allow import definition_refusal
from dlcli.config.imported import check_signatures
from dlcli.config.own_code import described, failing_line, reach
from dlcli.config.problem import shown
from dlcli.config.targets import SPECIAL, Refused, Targets
from dlcli.errors import ConfigError, DlcliError


def instantiate(node: Mapping[str, Any], allow: Sequence[str] = (), **kwargs: Any) -> Any:
    """Build a node of a composed configuration.

    Args:
        node: resolved plain containers with a ``_target_``; its other keys are arguments, and mean
            what they mean to Hydra: ``_args_``, ``_partial_``, ``_recursive_``. What is built is
            handed plain containers, whatever ``_convert_`` says.
        allow: packages of the user's own whose code may run.
        kwargs: arguments that no file can hold; they win over the node's.

    Raises:
        ConfigError: a target may not run or does not exist, or its code cannot be imported or
            does not take what the node gives.
    """
    check_targets(node, allow)
    reach(allow)
    try:
        return _built(node, allow, kwargs)
    except DlcliError:
        raise
    except Exception as error:
        place = failing_line(error, allow) or str(node.get("_target_"))
        raise ConfigError(f"{place}: {described(error)}") from error


def _built(value: Any, allow: Sequence[str], more: Mapping[str, Any] | None = None) -> Any:
    """What a value stands for; ``more`` are further arguments of a node."""
    if isinstance(value, (list, tuple)):
        return [_built(item, allow) for item in value]
    if not isinstance(value, Mapping):
        return value
    deep = value.get("_recursive_", True)
    made = {key: _built(item, allow) if deep else item for key, item in value.items()}
    if "_target_" not in value:
        return made
    arguments = {key: item for key, item in made.items() if key not in SPECIAL} | dict(more or {})
    target, positional = _located(value["_target_"], allow), made.get("_args_", ())
    if value.get("_partial_"):
        return partial(target, *positional, **arguments)
    return target(*positional, **arguments)


def _located(target: str, allow: Sequence[str]) -> Callable[..., Any]:
    """What a target names, imported.

    Raises:
        ImportError, AttributeError: there is no such thing.
        ConfigError: it is something else than its source said, that may not run.
    """
    found = _imported(target.split("."))
    module, name = (getattr(found, which, None) for which in ("__module__", "__qualname__"))
    told = isinstance(module, str) and isinstance(name, str)
    if told and (reason := definition_refusal(target, f"{module}.{name}", allow)):
        raise ConfigError(reason)
    if not callable(found):
        raise ConfigError(f"{target} may not run: it is no class or function")
    return cast(Callable[..., Any], found)


def _imported(parts: list[str]) -> Any:
    """A module, or what the longest module of these names holds under the rest of them."""
    path = ".".join(parts)
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if not f"{path}.".startswith(f"{error.name}.") or len(parts) == 1:
            raise  # what it imports is not there
    return getattr(_imported(parts[:-1]), parts[-1])


def check_targets(node: Any, allow: Sequence[str]) -> None:
    """Check every ``_target_`` of a node, and that nothing in it can change after the check.

    Raises:
        ConfigError: a target may not run or does not exist, or an interpolation is left.
    """
    targets = _targets(tuple(allow))
    problems = []
    for key, value in _leaves(node, ""):
        if isinstance(value, str) and "${" in value:
            problems.append(f"{key}: an interpolation is left, {shown(key, value)}")
        elif key.rpartition(".")[2] == "_target_":
            try:
                targets.signature(value)
            except Refused as error:
                problems.append(f"{key}: {error}")
    if problems:
        raise ConfigError(problems)


@cache
def _targets(allow: tuple[str, ...]) -> Targets:
    """The same for every node; it notices by itself when a source file has changed."""
    return Targets(allow)


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        items: Any = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        yield key, value
        return
    for name, item in items:
        yield from _leaves(item, f"{key}.{name}" if key else str(name))


__all__ = ["check_signatures", "instantiate"]
