"""Build what a configuration names: the only place where a ``_target_`` is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from dlcli.config.imported import check_signatures
from dlcli.config.own_code import described, failing_line, raised_in, reach
from dlcli.config.problem import shown
from dlcli.config.targets import Refused, Targets
from dlcli.errors import ConfigError, DlcliError


def instantiate(node: Mapping[str, Any], allow: Sequence[str] = (), **kwargs: Any) -> Any:
    """Build a node of a composed configuration.

    Args:
        node: resolved plain containers with a ``_target_``.
        allow: packages of the user's own whose code may run.
        kwargs: arguments that no file can hold; they win over the node's.

    Raises:
        ConfigError: a target may not run or does not exist, or its code cannot be imported or
            does not take what the node gives.
    """
    check_targets(node, allow)
    from hydra.utils import instantiate as build

    reach(allow)
    # Hydra would turn an argument that is a dataclass, as DataSpec is, into a dictionary.
    partial = node.get("_partial_") is True
    try:
        # among the keys, as Hydra would copy everything once more to lay arguments over it
        made = build({**node, "_convert_": "all", "_partial_": True})
        return _complete(made, partial, kwargs)
    except DlcliError:
        raise
    except Exception as error:
        raise _translated(node, allow, error) from error


def _complete(made: Callable[..., Any], partial: bool, kwargs: Mapping[str, Any]) -> Any:
    if not partial:
        return made(**kwargs)
    if not kwargs:
        return made
    from functools import partial as partial_

    return partial_(made, **kwargs)


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
    # Hydra reads it as a list of what its own policy would refuse.
    os.environ.pop("HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE", None)


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


def _translated(node: Mapping[str, Any], allow: Sequence[str], error: BaseException) -> Exception:
    """Return the error to raise: our own as it is, else one that names the user's own line."""
    while error.__cause__ is not None and raised_in(error).startswith("hydra."):
        error = error.__cause__
    if isinstance(error, DlcliError):
        return error
    place = failing_line(error, allow) or str(node.get("_target_"))
    return ConfigError(f"{place}: {described(error)}")


__all__ = ["check_signatures", "instantiate"]
