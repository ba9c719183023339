"""Check what only importing the targets can tell: their kinds, and signatures made at run time."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlcli.config.compose import Config
from dlcli.config.kind import kind
from dlcli.config.own_code import described, failing_line, reach
from dlcli.config.problem import Problem, messages
from dlcli.config.suggest import did_you_mean, nearest
from dlcli.config.targets import SPECIAL, Targets
from dlcli.errors import ConfigError


def check_signatures(config: Config) -> None:
    """Import every target, and refuse nodes that do not fit what they name.

    Raises:
        ConfigError: with one message for each problem; an error in the user's own code is named
            by its file and line.
    """
    reach(config.allow)
    targets = Targets(config.allow)
    problems: list[Problem] = []
    for key, node in nodes(config.values, ""):
        try:
            made = locate(node["_target_"])
        except Exception as error:
            problems.append(
                Problem(f"{key}._target_".lstrip("."), _broken(node, config.allow, error))
            )
            continue
        signature = targets.signature(node["_target_"])
        if signature is None or signature.open:
            problems += _unfit(key, node, made)
        problems += _wrong_kind(key, made)
    if problems:
        raise ConfigError(messages(problems, config.origins, config.secrets))


def nodes(value: Any, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every node with a ``_target_``, and its dotted key."""
    if isinstance(value, Mapping):
        if "_target_" in value:
            yield key, value
        items: Any = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return
    for name, item in items:
        yield from nodes(item, f"{key}.{name}" if key else str(name))


def locate(target: str) -> Any:
    """Import the module of a dotted name and return what the name stands for.

    Raises:
        ImportError: there is no such module or member.
    """
    parts = target.split(".")
    found = importlib.import_module(parts[0])
    for index, part in enumerate(parts[1:], start=1):
        if hasattr(found, part):
            found = getattr(found, part)
        else:
            found = importlib.import_module(".".join(parts[: index + 1]))
    return found


def _broken(node: Mapping[str, Any], allow: Sequence[str], error: Exception) -> str:
    target = node["_target_"]
    place = failing_line(error, allow)
    where = f" ({place})" if place else ""
    return f"{target} cannot be imported: {described(error)}{where}"


def _unfit(key: str, node: Mapping[str, Any], made: Any) -> list[Problem]:
    """Return the arguments of a node that its target does not take."""
    try:
        parameters = inspect.signature(made).parameters
    except (TypeError, ValueError):
        return []
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return []
    problems = []
    for name in node:
        if name not in parameters and name not in SPECIAL:
            names = [f"{key}.{near}".lstrip(".") for near in nearest(name, parameters)]
            text = f"{made.__name__} takes no such argument{did_you_mean(names)}"
            problems.append(Problem(f"{key}.{name}".lstrip("."), text))
    return problems


def _wrong_kind(key: str, made: Any) -> list[Problem]:
    name = kind(key)
    if name is None or not isinstance(made, type):
        return []
    wanted = locate(name)
    if issubclass(made, wanted):
        return []
    return [
        Problem(f"{key}._target_", f"{made.__module__}.{made.__name__} is no {wanted.__name__}")
    ]
