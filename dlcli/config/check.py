"""Check a composed configuration against the signatures of what it names, importing nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from dlcli.config.kind import is_of_kind, kind
from dlcli.config.problem import Problem, shown
from dlcli.config.ranges import out_of_range
from dlcli.config.redact import MASK, is_secret
from dlcli.config.signature import Signature
from dlcli.config.suggest import did_you_mean, listing, nearest
from dlcli.config.targets import SPECIAL, Refused, Targets
from dlcli.config.typecheck import choices, mismatch

# Groups without which nothing can be trained; each is one node with a _target_.
REQUIRED = (
    "data",
    "model",
    "optimizer",
    "scheduler",
    "init",
    "regularizer",
    "trainer",
    "tracking",
)

# Groups without which nothing can be searched.
SEARCH = ("search", "pruner", "executor")

# What is passed when a node is built, so that no file gives it.
GIVEN = {
    "model": {"spec", "optimizer", "scheduler", "regularizer"},
    "model.net": {"spec"},
    "optimizer": {"params"},
    "scheduler.curve": {"optimizer", "total_steps", "total_iters", "T_max"},
    "trainer": {"callbacks", "logger", "plugins", "default_root_dir"},
    "search.sampler": {"seed"},
}
# A file may give the length of a schedule itself.
_MAY_BE_WRITTEN = {"total_steps", "total_iters", "T_max"}
_CONVERSIONS = ("none", "partial", "all", "object")


class Check:
    """One pass over a configuration that collects everything that is wrong.

    Args:
        targets: what is known of the targets.
        groups: the keys of the root that hold a group's content.
        required: the groups of which the root lists one option each.
    """

    def __init__(self, targets: Targets, groups: Iterable[str], required: Iterable[str]) -> None:
        self._targets = targets
        self._required_groups = [name for name in (*REQUIRED, *SEARCH) if name in set(required)]
        self._groups = {*groups, *self._required_groups}
        self.problems: list[Problem] = []

    def root(self, values: Mapping[str, Any]) -> None:
        """Check the whole configuration."""
        own = {k: v for k, v in values.items() if k == "_target_" or k not in self._groups}
        self._node(own, "", known=self._groups)
        for name in [k for k in values if k in self._groups and k != "_target_"]:
            self._value(values[name], name)
            self._group(name, values[name])
        for name in self._required_groups:
            if values.get(name) is None:
                self._add(name, f"nothing is chosen; write {name}=OPTION")

    def _group(self, name: str, value: Any) -> None:
        if name in self._required_groups and value is not None:
            self._must_be_node(name, value)
        if name == "callbacks" and isinstance(value, Mapping):
            for callback, node in value.items():
                if node is not None:
                    self._must_be_node(f"{name}.{callback}", node)

    def _must_be_node(self, key: str, value: Any) -> None:
        if not isinstance(value, Mapping) or "_target_" not in value:
            self._add(key, f"expected a node with _target_; got {shown(key, value)}")

    def _value(self, value: Any, key: str) -> None:
        if isinstance(value, Mapping):
            if "_target_" in value:
                self._node(value, key)
            else:
                for name, item in value.items():
                    self._value(item, f"{key}.{name}")
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                self._value(item, f"{key}.{index}")
        elif isinstance(value, float) and math.isnan(value):
            self._add(key, "must be a number; got nan")

    def _node(self, node: Mapping[str, Any], key: str, known: Iterable[str] = ()) -> None:
        try:
            signature = self._targets.signature(node.get("_target_"))
        except Refused as error:
            self._add(_join(key, "_target_"), str(error))
            return
        self._special(node, key)
        if signature is not None and not self._is_of_kind(key, node["_target_"], signature):
            signature = None
        for name, value in node.items():
            if name in SPECIAL and name != "_args_":
                continue
            place = _join(key, name)
            if signature is None or self._is_known(place, name, signature, list(known)):
                self._argument(node["_target_"], place, name, value, signature)
            self._value(value, place)
        if signature is not None:
            self._required(node, key, signature)

    def _is_of_kind(self, key: str, target: str, signature: Signature) -> bool:
        wanted = kind(key)
        if wanted is None or not signature.is_class or is_of_kind(signature.ancestors, wanted):
            return True
        name = wanted.rpartition(".")[2]
        self._add(_join(key, "_target_"), f"expected {_one(name)}; {target} is none")
        return False

    def _special(self, node: Mapping[str, Any], key: str) -> None:
        for name in ("_partial_", "_recursive_"):
            if name in node and not isinstance(node[name], bool):
                self._add(_join(key, name), f"must be true or false; got {node[name]!r}")
        if "_convert_" in node and node["_convert_"] not in _CONVERSIONS:
            choices = listing(_CONVERSIONS)
            self._add(
                _join(key, "_convert_"), f"must be one of {choices}; got {node['_convert_']!r}"
            )
        if "_args_" in node and not isinstance(node["_args_"], (list, tuple)):
            self._add(_join(key, "_args_"), f"must be a list; got {node['_args_']!r}")

    def _is_known(self, place: str, name: str, signature: Signature, known: list[str]) -> bool:
        if name == "_args_" or name in signature.types:
            return True
        if signature.open and not str(name).startswith("_"):
            return True
        names = nearest(str(name), [*signature.types, *known])
        parent = place.rpartition(".")[0]
        hint = did_you_mean([_join(parent, n) for n in names if n not in _passed(parent)])
        what = (
            f"{signature.name.rpartition('.')[2]} takes no such argument"
            if parent
            else "unknown key"
        )
        self._add(place, f"{what}{hint or _arguments(signature, [*known], parent)}")
        return False

    def _argument(
        self, target: str, place: str, name: str, value: Any, signature: Signature | None
    ) -> None:
        if name in _passed(place.rpartition(".")[0]):
            self._add(place, "dlcli gives it when it builds the node; take it out")
            return
        type_ = signature.types.get(name, "Any") if signature else "Any"
        if expected := mismatch(type_, value):
            hint = did_you_mean(nearest(value, choices(type_))) if isinstance(value, str) else ""
            self._add(place, f"expected {expected}; got {shown(place, value)}{hint}")
        elif allowed := out_of_range(target, name, value):
            got = MASK if is_secret(place) else value
            self._add(place, f"must be {allowed}; got {got}")

    def _required(self, node: Mapping[str, Any], key: str, signature: Signature) -> None:
        partial = node.get("_partial_") is True
        if partial and key not in GIVEN:
            return
        passed = GIVEN[key] if partial or key == "model" else set()
        given = {*node, *passed}
        args = node.get("_args_")
        placed = len(args) if isinstance(args, (list, tuple)) else 0
        names = [p.name for p in signature.parameters[placed:] if p.required]
        for name in names:
            if name not in given:
                what = signature.name.rpartition(".")[2]
                self._add(_join(key, name), f"missing; {what} needs it, {_join(key, name)}=VALUE")

    def _add(self, key: str, text: str) -> None:
        problem = Problem(key, text)
        # A NaN is found as an argument and as a value.
        if all(known.key != key for known in self.problems):
            self.problems.append(problem)


def _passed(key: str) -> set[str]:
    """Return the arguments that no file may give to the node at a key."""
    return GIVEN.get(key, set()) - _MAY_BE_WRITTEN


def _arguments(signature: Signature, known: list[str], key: str) -> str:
    names = [n for n in signature.types if n not in _passed(key)] + sorted(known)
    return f"; it takes {listing(names)}" if names else ""


def _one(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def _join(key: str, name: Any) -> str:
    return f"{key}.{name}" if key else str(name)
