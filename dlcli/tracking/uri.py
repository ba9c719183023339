"""From a tracking URI to what kind of store it names, with and without its credentials."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from dlcli.errors import ConfigError
from dlcli.tracking.settings import MLflow

Kind = Literal["sqlite", "sql", "http", "other"]
DATABASE = "mlflow.db"

_KINDS: dict[str, Kind] = {
    "sqlite": "sqlite",
    "postgresql": "sql",
    "postgres": "sql",
    "mysql": "sql",
    "mssql": "sql",
    "http": "http",
    "https": "http",
    "databricks": "other",
    "databricks-uc": "other",
    "uc": "other",
}
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}


@dataclass(frozen=True)
class Target:
    """A store.

    Args:
        uri: the whole URI, with credentials; never written, never shown.
        shown: the same without them.
        kind: what sort of store it is.
        path: the file of an SQLite store.
        local: whether it is the store of the folder of the runs.
    """

    uri: str
    shown: str
    kind: Kind
    path: Path | None = None
    local: bool = False

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port of a server; None where there is none to ask."""
        parts = urlsplit(self.uri)
        scheme = parts.scheme.partition("+")[0]
        if self.kind not in ("http", "sql") or parts.hostname is None:
            return None
        return parts.hostname, parts.port or _PORTS.get(scheme, 0)


def resolve(settings: MLflow, root: Path) -> Target:
    """The store that the settings name.

    Args:
        settings: ``uri`` wins over ``MLFLOW_TRACKING_URI``.
        root: the folder of the runs, which holds the store when nothing else is named.

    Raises:
        ConfigError: the URI cannot name a store.
    """
    own = root.absolute() / DATABASE
    uri = settings.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{own}"
    origin = "tracking.uri" if settings.uri else "MLFLOW_TRACKING_URI"
    _check_experiment(settings.experiment)
    kind = _kind(uri, origin)
    if kind == "sqlite":
        return _sqlite(uri, origin, own)
    return Target(uri, redact(uri), kind)


def _check_experiment(name: str) -> None:
    if not name.strip() or len(name) > 500:
        raise ConfigError("tracking.experiment: a name of 1 to 500 characters is needed")
    if not name.isprintable():
        raise ConfigError(f"tracking.experiment: {name!r} holds characters that cannot be printed")


def _kind(uri: str, origin: str) -> Kind:
    parts = _split(uri, origin)
    scheme = parts.scheme.partition("+")[0].lower()
    if scheme in ("", "file"):
        raise ConfigError(
            f"{origin}: {redact(uri)!r} is a folder, and MLflow no longer records in folders; "
            f"leave it out for SQLite, or name one: sqlite:///mlruns/{DATABASE}"
        )
    if uri.strip() == "databricks":
        return "other"
    if scheme not in _KINDS:
        near = difflib.get_close_matches(scheme, _KINDS, 1)
        advice = f"did you mean {near[0]}?" if near else f"one of {', '.join(_KINDS)}"
        raise ConfigError(f"{origin}: no store is called {scheme!r} in {redact(uri)!r}; {advice}")
    if _KINDS[scheme] == "http" and not parts.hostname:
        raise ConfigError(f"{origin}: {redact(uri)!r} names no host; write http://host:5000")
    return _KINDS[scheme]


def _split(uri: str, origin: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"{origin}: {redact(uri)!r} is not a URI: {error}") from error
    return parts


def _sqlite(uri: str, origin: str, own: Path) -> Target:
    name = uri.partition(":///")[2]
    if not name or name.startswith(":memory:") or "?" in name:
        raise ConfigError(f"{origin}: {uri!r} names no file; write sqlite:///mlruns/{DATABASE}")
    path = Path(name).absolute()
    return Target(f"sqlite:///{path}", f"sqlite:///{path}", "sqlite", path, path == own)


def redact(uri: str) -> str:
    """The URI without user, password and query."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "***"
    if not parts.netloc:
        return uri.partition("?")[0]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def secrets(uri: str) -> list[str]:
    """Every text that must not appear in a message or a log."""
    user, _, _ = urlsplit(uri).netloc.rpartition("@")
    password = user.partition(":")[2] or user
    query = urlsplit(uri).query if user or "password" in uri else ""
    tokens = [os.environ.get(f"MLFLOW_TRACKING_{name}", "") for name in ("PASSWORD", "TOKEN")]
    found = {password, unquote(password), user, query, *tokens}
    found = {text for text in found if len(text) > 3} | ({f"{user}@"} if user else set())
    return sorted(found, key=len, reverse=True)


def scrub(text: str, hidden: list[str]) -> str:
    """``text`` with each of ``hidden`` as ``***``."""
    for secret in hidden:
        text = text.replace(secret, "***")
    return text
