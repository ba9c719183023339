"""Lay the overrides of values over a composition, refusing keys that nothing knows."""

from __future__ import annotations

from collections.abc import Sequence

from dlcli.config.check import GIVEN
from dlcli.config.composition import Composition
from dlcli.config.grammar import Override
from dlcli.config.redact import redact_override
from dlcli.config.suggest import did_you_mean, listing, nearest, nearest_keys
from dlcli.config.targets import SPECIAL, Targets


def apply(
    overrides: Sequence[Override], composition: Composition, targets: Targets, groups: list[str]
) -> list[str]:
    """Write each override into the composition; return a message for each that is wrong."""
    problems = []
    for override in in_order(overrides):
        problem = apply_one(override, composition, targets, groups)
        if problem:
            problems.append(f"override {redact_override(override.text)}: {problem}")
    return problems


def in_order(overrides: Sequence[Override]) -> list[Override]:
    """Return the overrides as they are applied.

    A new _target_ decides which keys its node may have, wherever it stands in the command.
    """
    return sorted(overrides, key=lambda o: not o.key.endswith("_target_"))


def apply_one(
    override: Override, composition: Composition, targets: Targets, groups: list[str]
) -> str | None:
    """Write an override into the composition; return what is wrong with it."""
    key = override.key
    if override.kind == "delete":
        return _delete(override, composition)
    if not composition.has(key):
        problem = unknown(override, composition, targets, groups)
        if problem is not None:
            return problem
    try:
        composition.put(key, override.value, f"override {override.text}")
    except KeyError:
        return f"{composition.deepest(key)} is a value and has no keys"
    return None


def _delete(override: Override, composition: Composition) -> str | None:
    key = override.key
    if not composition.has(key):
        names = nearest_keys(key, composition.keys())
        return f"there is no {key} to delete{did_you_mean(names)}"
    if override.value is not None and override.value != composition.get(key):
        return f"{key} is {composition.get(key)!r}, so it is not deleted"
    composition.delete(key)
    return None


def unknown(
    override: Override, composition: Composition, targets: Targets, groups: list[str]
) -> str | None:
    """Return what is wrong with a key that no file writes, None where its node may have it."""
    key = override.key
    parent = composition.deepest(key)
    name = key[len(parent) :].lstrip(".").partition(".")[0]
    node = composition.get(parent)
    if parent and not isinstance(node, dict) and not (node is None and override.kind == "add"):
        return f"{parent} is a value and has no keys"
    known = targets.arguments(node) if isinstance(node, dict) else None
    if override.kind == "add" and parent:
        # The check of the whole configuration refuses what the signature does not know.
        return None
    if known is not None and name in known:
        return None
    return _nearest(key, parent, name, composition, _arguments(known or [], parent), groups)


def _arguments(known: list[str], parent: str) -> list[str]:
    hidden = {*SPECIAL, *GIVEN.get(parent, ())}
    return [name for name in known if name not in hidden]


def _nearest(
    key: str,
    parent: str,
    name: str,
    composition: Composition,
    arguments: list[str],
    groups: list[str],
) -> str:
    prefix = f"{parent}." if parent else ""
    rest = key[len(prefix) + len(name) :]
    node = composition.get(parent)
    siblings = [str(k) for k in node] if isinstance(node, dict) else []
    names = [f"{prefix}{n}{rest}" for n in nearest(name, [*siblings, *arguments])]
    names = names or nearest_keys(key, composition.keys())
    if parent:
        known = ", ".join(arguments or siblings)
        return f"unknown key{did_you_mean(names) or f'; {parent} has {known}'}"
    what = "unknown key or group" if "." not in key else "unknown key"
    return f"{what}{did_you_mean(names)}; groups: {listing(groups)}"
