"""The overrides that choose an option of a group, told from those that set a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlcli.config.grammar import Override
from dlcli.config.redact import redact_override
from dlcli.config.repository import Repository
from dlcli.config.suggest import did_you_mean, listing, nearest


def split(
    overrides: Sequence[Override], root: str, repository: Repository
) -> tuple[list[Override], list[Override], list[str]]:
    """Return the choices, the overrides of values, and a message for each choice that is wrong."""
    listed = listed_groups(root, repository)
    choices: list[Override] = []
    values: list[Override] = []
    problems: list[str] = []
    for override in overrides:
        if not is_choice(override, repository):
            values.append(override)
        elif problem := _problem(override, listed, repository):
            problems.append(f"override {redact_override(override.text)}: {problem}")
        else:
            choices.append(_normal(override, listed))
    return choices, values, problems


def listed_groups(root: str, repository: Repository) -> list[str]:
    """Return the groups of a root's defaults list, and of the roots that it names."""
    file = repository.file(root)
    return [name for item in (file.defaults if file else []) for name in _names(item, repository)]


def _names(item: Any, repository: Repository) -> list[str]:
    if isinstance(item, str):
        return [] if item == "_self_" else listed_groups(item.partition("@")[0], repository)
    return _group_names(item)


def _group_names(item: Any) -> list[str]:
    return [str(key).split(" ")[-1] for key in item] if isinstance(item, dict) else []


def is_choice(override: Override, repository: Repository) -> bool:
    """Tell whether an override chooses an option of a group."""
    group = override.key.partition("@")[0]
    if isinstance(override.value, dict) or "." in group:
        return False
    return "/" in group or repository.group_exists(group)


def _problem(override: Override, listed: list[str], repository: Repository) -> str | None:
    group = override.key.partition("@")[0]
    top, _, rest = group.partition("/")
    if not repository.group_exists(group):
        groups = repository.groups()
        return (
            f"unknown group {group}{did_you_mean(nearest(top, groups))}; groups: {listing(groups)}"
        )
    if override.kind == "delete":
        return _deletion_problem(override, listed)
    if rest and top in listed:
        return f"the group is {top}; write {top}={rest}/{override.value}"
    return unknown_option(group, override.value, repository)


def unknown_option(group: str, value: Any, repository: Repository) -> str | None:
    """Return what is wrong with an option, or a list of some, None where a group has them."""
    options = repository.options(group)
    for name in value if isinstance(value, list) else [value]:
        if name is not None and name not in options:
            own = Path("conf", group, f"{name}.yaml")
            unread = f"; {own} is not read without --config-dir conf" if own.is_file() else ""
            hint = unread or did_you_mean(nearest(str(name), options))
            return f"{group} has no option {name!r}{hint}; options: {listing(options)}"
    return None


def _deletion_problem(override: Override, listed: list[str]) -> str | None:
    if override.key not in listed:
        return f"{override.key} is not in the defaults list"
    if "=" in override.text:
        return f"a group is left out without a value; write ~{override.key}"
    return None


def _normal(override: Override, listed: list[str]) -> Override:
    """Return the override as Hydra wants it: null removes a group, a group unlisted is added."""
    from hydra.core.override_parser.types import OverrideType

    parsed = override.parsed
    if override.value is None:
        kind = OverrideType.DEL
    else:
        kind = OverrideType.CHANGE if override.key in listed else OverrideType.ADD
    return replace(override, parsed=replace(parsed, type=kind))
