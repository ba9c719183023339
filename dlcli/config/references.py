"""What a configuration says by referring to another of its keys, kept beside the values.

A configuration that is written out as values alone falls apart when one of them is changed: the
length of a schedule would no longer follow the length of the training.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dlcli.config.composition import Composition
from dlcli.config.interpolate import environment_variables
from dlcli.config.redact import MASK, is_secret

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")


def references(composition: Composition) -> dict[str, str]:
    """The keys that only repeat another one's value, with the text that says so: ``${seed}``.

    Also those of secrets from the environment, which are known by this text alone.
    """
    found = {key: composition.get(key) for key in composition.origins}
    return {
        key: text
        for key, text in found.items()
        if isinstance(text, str) and (_REFERENCE.fullmatch(text) or _is_secret(key, text))
    }


def _is_secret(key: str, text: str) -> bool:
    variables = environment_variables(text)
    return any(is_secret(name) for name in variables) or (bool(variables) and is_secret(key))


def written(values: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Values to write into a file, with the references between them put back."""
    composition = Composition()
    composition.put("", values, "")
    for key, text in known.items():
        reference = _REFERENCE.fullmatch(text)
        if reference and composition.has(key) and composition.has(reference[1]):
            composition.put(key, text, "")
    return from_environment(composition.values, known)


def from_environment(values: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Values of a record, with the text that says which variable has a secret in its place."""
    composition = Composition()
    composition.put("", values, "")
    for key, text in known.items():
        if _is_secret(key, text) and MASK in str(composition.get(key)):
            composition.put(key, text, "")
    return composition.values
