"""Resolve ``${…}``, and collect every one that leads nowhere."""

from __future__ import annotations

import os
import re
from typing import Any

from dlcli.config.problem import Problem
from dlcli.config.redact import is_secret

_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\}", re.ASCII)
_ENVIRONMENT = re.compile(r"""\$\{\s*oc\.env\s*:\s*['"]?(\w+)""")


def environment_variables(text: str) -> list[str]:
    """The names of the variables that a text asks for."""
    return _ENVIRONMENT.findall(text)


class Interpolation:
    """One pass over composed values.

    Attributes:
        problems: what could not be resolved, and what is missing.
        secrets: the values of environment variables whose names say that they are secret.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.secrets: list[str] = []

    def resolve(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values with every interpolation resolved; a faulty one becomes None."""
        try:
            return _Plain(values).resolved()
        except _NotPlain:
            pass
        values = self._checked(values, "")
        if not _any_interpolation(values):
            return self._walk(values, None, "")  # type: ignore[no-any-return]
        from omegaconf import OmegaConf

        return self._walk(values, OmegaConf.create(values), "")  # type: ignore[no-any-return]

    def _checked(self, value: Any, key: str) -> Any:
        """Put None in the place of text that is no valid interpolation, so that the rest loads."""
        if isinstance(value, dict):
            return {name: self._checked(item, _join(key, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self._checked(item, _join(key, i)) for i, item in enumerate(value)]
        if not _has_interpolation(value):
            return value
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        try:
            OmegaConf.create({"text": value})
        except OmegaConfBaseException as error:
            reason = str(error).partition("\n")[0]
            self.problems.append(Problem(key, f"not a valid interpolation, {value!r}: {reason}"))
            return None
        return value

    def _walk(self, value: Any, node: Any, key: str) -> Any:
        if isinstance(value, dict):
            return {n: self._item(item, node, n, _join(key, n)) for n, item in value.items()}
        return [self._item(item, node, i, _join(key, i)) for i, item in enumerate(value)]

    def _item(self, value: Any, parent: Any, name: Any, key: str) -> Any:
        if isinstance(value, (dict, list)):
            child = None if parent is None else parent._get_node(name)
            return self._walk(value, child, key)
        if value == "???":
            self.problems.append(Problem(key, f"missing; give it, {key}=VALUE"))
            return None
        return self._resolved(value, parent, name, key) if _has_interpolation(value) else value

    def _resolved(self, text: str, parent: Any, name: Any, key: str) -> Any:
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        self._note_secrets(text)
        try:
            value = parent[name]
            if OmegaConf.is_config(value):
                value = OmegaConf.to_container(value, resolve=True, throw_on_missing=True)
        except (OmegaConfBaseException, RecursionError) as error:
            self.problems.append(Problem(key, _reason(text, error)))
            return None
        if _any_interpolation(value):
            self.problems.append(Problem(key, "its value holds ${ itself, which is not resolved"))
            return None
        return value

    def _note_secrets(self, text: str) -> None:
        for name in environment_variables(text):
            if is_secret(name) and os.environ.get(name):
                self.secrets.append(os.environ[name])


class _NotPlain(Exception):
    """Something that only OmegaConf can resolve, or refuse."""


class _Plain:
    """Resolves values that refer to nothing but single values, in a fraction of the time.

    Args:
        values: with interpolations.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def resolved(self) -> dict[str, Any]:
        """Return the values.

        Raises:
            _NotPlain: there is anything else among them.
        """
        return self._copy(self._values)  # type: ignore[no-any-return]

    def _copy(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._copy(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._copy(item) for item in value]
        return self._leaf(value)

    def _leaf(self, value: Any, hops: int = 0) -> Any:
        if value == "???" or hops > 10:
            raise _NotPlain
        if not _has_interpolation(value):
            return value
        reference = _REFERENCE.fullmatch(value)
        if reference is None:
            raise _NotPlain
        node: Any = self._values
        for part in reference[1].split("."):
            if not isinstance(node, dict) or part not in node:
                raise _NotPlain
            node = node[part]
        if isinstance(node, (dict, list)):
            raise _NotPlain
        return self._leaf(node, hops + 1)


def _reason(text: str, error: Exception) -> str:
    words = str(error).partition("\n")[0]
    if variable := re.search(r"Environment variable '([^']*)' not found", words):
        return f"the environment variable {variable[1]} is not set"
    if undefined := re.search(r"Interpolation key '([^']*)' not found", words):
        return f"{text} leads nowhere: there is no {undefined[1]}"
    if "is not a container" in words:
        return f"{text} leads nowhere: there is no such key"
    if "Recursive" in words or isinstance(error, RecursionError):
        return f"{text} leads back to itself"
    if "Missing mandatory value" in words or "MissingMandatoryValue" in words:
        return f"{text} leads to a value that is missing"
    return f"{text} cannot be resolved: {words}"


def _has_interpolation(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


def _any_interpolation(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_any_interpolation(item) for item in value.values())
    if isinstance(value, list):
        return any(_any_interpolation(item) for item in value)
    return _has_interpolation(value)


def _join(key: str, name: Any) -> str:
    return f"{key}.{name}" if key else str(name)
