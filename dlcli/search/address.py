"""The URL of a study's database, as SQLAlchemy reads it."""

from __future__ import annotations

from pathlib import Path

from dlcli.errors import ConfigError
from dlcli.tracking.uri import redact


def with_driver(url: str) -> str:
    """Name the driver where the URL leaves it to SQLAlchemy, whose choice has changed."""
    scheme, separator, rest = url.partition("://")
    known = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
    return f"{known.get(scheme, scheme)}{separator}{rest}"


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for a server.

    Raises:
        ConfigError: the URL cannot name a database, or its driver is not installed.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    scheme, _, file = url.partition(":///")
    if scheme in ("sqlite", "sqlite+pysqlite") and file and file != ":memory:":
        return Path(file).absolute()  # whatever characters it holds
    try:
        parsed = make_url(url)
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            f"search.storage: {redact(url)!r} names no database; write "
            "postgresql://USER@HOST/NAME, or leave it out for a file"
        ) from error
    except ImportError as error:
        raise ConfigError(
            f"search.storage: {redact(url)} needs a driver ({error}); for PostgreSQL: "
            "pip install 'dlcli[postgres]'"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        raise ConfigError(f"search.storage: {url!r} names no file; leave it out for one")
    return None
