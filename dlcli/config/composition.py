"""A configuration while it is put together: its values, and where each was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Composition:
    """Plain nested values under dotted keys, each with its origin."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}

    def copy(self) -> Composition:
        """Return another one, that can be written to."""
        other = Composition()
        other.values = _copy(self.values)
        other.origins = dict(self.origins)
        return other

    def put(self, key: str, value: Any, origin: str) -> None:
        """Write a value: mappings are merged into mappings, anything else is replaced.

        Raises:
            KeyError: a part of the key is no mapping.
        """
        if isinstance(value, Mapping) and isinstance(self.get(key), dict):
            for name, item in value.items():
                self.put(f"{key}.{name}" if key else str(name), item, origin)
            return
        self._forget(key)
        parent, name = self._parent(key)
        parent[name] = _copy(value)
        self._remember(key, value, origin)

    def get(self, key: str) -> Any:
        """Return the value of a key, None where there is none."""
        node: Any = self.values
        for part in key.split(".") if key else []:
            node = _child(node, part)
        return node

    def has(self, key: str) -> bool:
        """Tell whether there is such a key, if only with the value null."""
        parent, _, name = key.rpartition(".")
        node = self.get(parent)
        if isinstance(node, list):
            return name.isdigit() and int(name) < len(node)
        return isinstance(node, dict) and _key_in(node, name) is not None

    def delete(self, key: str) -> None:
        """Remove a key that is there."""
        parent, name = self._parent(key)
        del parent[name]
        self._forget(key)

    def deepest(self, key: str) -> str:
        """Return the longest leading part of a dotted key that is there, empty for none."""
        parts = key.split(".")
        while parts and not self.has(".".join(parts)):
            parts.pop()
        return ".".join(parts)

    def keys(self) -> list[str]:
        """Return every dotted key, those of mappings too."""
        return list(_keys(self.values, ""))

    def _parent(self, key: str) -> tuple[Any, Any]:
        *parts, name = key.split(".")
        node: Any = self.values
        for part in parts:
            child = _child(node, part)
            if child is None and isinstance(node, dict):
                child = node[part] = {}
            node = child
        if isinstance(node, list) and name.isdigit() and int(name) < len(node):
            return node, int(name)
        if not isinstance(node, dict):
            raise KeyError(key)
        found = _key_in(node, name)
        return node, name if found is None else found

    def _forget(self, key: str) -> None:
        stale = [k for k in self.origins if k == key or k.startswith(f"{key}.")]
        for name in stale:
            del self.origins[name]

    def _remember(self, key: str, value: Any, origin: str) -> None:
        if isinstance(value, Mapping) and value:
            for name, item in value.items():
                self._remember(f"{key}.{name}", item, origin)
        else:
            self.origins[key] = origin


def _child(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node.get(_key_in(node, part))
    if isinstance(node, list) and part.isdigit() and int(part) < len(node):
        return node[int(part)]
    return None


def _key_in(node: dict[Any, Any], part: str) -> Any:
    """Return the key that a part of a dotted key stands for: YAML's keys may be numbers."""
    if part in node:
        return part
    return next((key for key in node if str(key) == part), None)


def _keys(value: Any, key: str) -> list[str]:
    if not isinstance(value, Mapping):
        return []
    found: list[str] = []
    for name, item in value.items():
        path = f"{key}.{name}" if key else str(name)
        found += [path, *_keys(item, path)]
    return found


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
