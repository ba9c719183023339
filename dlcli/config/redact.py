"""Hide passwords, tokens and credentials in anything that is shown or stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "***"

# Anywhere in a key (password_file), and at its end only (hf_token, not token_dim).
_ALWAYS = {"password", "passwd", "passphrase", "secret", "credential", "credentials", "apikey"}
_AT_THE_END = {"pwd", "token", "auth", "authorization", "secrets", "passwords"}
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_URL_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/\s?#]*)@")
_URL_PARAMETER = re.compile(r"(?P<name>[?&;][\w.-]+)=(?P<value>[^&;#\s]+)")
# A shorter value would mask ordinary words and numbers elsewhere.
_SHORTEST_SECRET = 4


def is_secret(key: str) -> bool:
    """Tell whether the last part of a dotted key names a secret: ``db.password``, ``api_key``."""
    words = [word.lower() for word in _WORD.findall(key.rpartition(".")[2])]
    if not words:
        return False
    ends_in_key = words[-1] == "key" and len(words) > 1
    return ends_in_key or words[-1] in _AT_THE_END or not _ALWAYS.isdisjoint(words)


def redact(values: Any, key: str = "", secrets: Iterable[str] = ()) -> Any:
    """Return the same structure with every secret in it, and each that is given, as ``***``."""
    secrets = [*secret_values(values, key), *secrets]
    return _redact(values, key, secrets)


def _redact(values: Any, key: str, secrets: list[str]) -> Any:
    if isinstance(values, Mapping):
        return {name: _redact(value, str(name), secrets) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(_redact(value, key, secrets) for value in values)
    if values is not None and not isinstance(values, bool) and is_secret(key):
        return MASK
    return redact_text(values, secrets) if isinstance(values, str) else values


def redact_url(text: str) -> str:
    """Hide the credentials of every URL in the text: before the ``@``, and in its parameters."""
    text = _URL_CREDENTIALS.sub(rf"\g<scheme>{MASK}@", text)
    return _URL_PARAMETER.sub(_mask_parameter, text)


def _mask_parameter(match: re.Match[str]) -> str:
    name = match["name"]
    return f"{name}={MASK}" if is_secret(name[1:]) else match[0]


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Hide URL credentials and each of the given secret values wherever they stand."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    return redact_url(text)


def gives_secret(override: str) -> bool:
    """Tell whether an override gives a value to a key that names a secret."""
    key, equals, _ = override.partition("=")
    return bool(equals) and is_secret(key)


def redact_override(text: str, secrets: Iterable[str] = ()) -> str:
    """Hide the value of an override whose key names a secret."""
    if gives_secret(text):
        return f"{text.partition('=')[0]}={MASK}"
    return redact_text(text, secrets)


def secret_values(values: Any, key: str = "") -> list[str]:
    """Return the texts that stand under secret keys anywhere in the structure."""
    if isinstance(values, Mapping):
        return [s for name, value in values.items() for s in secret_values(value, str(name))]
    if isinstance(values, (list, tuple)):
        return [s for value in values for s in secret_values(value, key)]
    if values is None or isinstance(values, bool) or not is_secret(key):
        return []
    return [str(values)]
