"""What is known of each ``_target_`` before it is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from dlcli.config import allow as allowed
from dlcli.config.suggest import did_you_mean, nearest

# Hydra's own keys of a node, beside _target_.
SPECIAL = ("_args_", "_convert_", "_partial_", "_recursive_", "_target_")


class Refused(Exception):
    """A ``_target_`` that may not run or does not exist; the text says why."""


class Targets:
    """Signatures by target, of those that may run.

    Args:
        allow: packages of the user's own whose code may run.
    """

    def __init__(self, allow: Sequence[str]) -> None:
        self._allow = tuple(allow)
        self._known: dict[str, Any] = {}

    @cached_property
    def _index(self) -> Any:
        from dlcli.config.index import Index, cache_file

        return Index(cache_file())

    def signature(self, target: Any) -> Any:
        """Return the ``Signature`` of a target, or None where reading does not tell.

        Raises:
            Refused: it may not run, or does not exist.
        """
        if not isinstance(target, str):
            raise Refused(f"not a dotted name, {target!r}")
        if target not in self._known:
            self._known[target] = self._read(target)
        return self._known[target]

    def _read(self, target: str) -> Any:
        from dlcli.config.modules import Unknown, Unreadable

        if reason := allowed.refusal(target, self._allow):
            raise Refused(reason)
        try:
            signature = self._index.signature(target)
        except Unknown as error:
            raise Refused(_unknown(target, error)) from error
        except Unreadable as error:
            self._check_definition(target, str(error))
            return None
        self._check_definition(target, signature.name)
        if not signature.is_class and target.startswith("dlcli."):
            raise Refused(f"{target} may not run: it is not a class")
        return signature

    def _check_definition(self, target: str, definition: str) -> None:
        if reason := allowed.definition_refusal(target, definition, self._allow):
            raise Refused(reason)

    def arguments(self, node: Mapping[str, Any]) -> list[str] | None:
        """Return the keys that a node may have by its ``_target_``, None where it has none."""
        if "_target_" not in node:
            return None
        try:
            signature = self.signature(node["_target_"])
        except Refused:
            return None
        return None if signature is None else [*signature.types, *SPECIAL]

    def save(self) -> None:
        """Keep what was read for the next time."""
        if "_index" in self.__dict__:
            self._index.save()


def _unknown(target: str, error: Any) -> str:
    if not error.parent:
        return f"there is no package {error.member}"
    if error.member.startswith("class or"):
        return f"{error.parent} is a module; name a class of it{_some(error.choices)}"
    names = [f"{error.parent}.{name}" for name in nearest(error.member, error.choices)]
    return f"{error.parent} has no {error.member}{did_you_mean(names)}"


def _some(choices: list[str]) -> str:
    classes = [name for name in choices if name[:1].isupper()][:5]
    return f": {', '.join(classes)}" if classes else ""
