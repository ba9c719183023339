"""An empty store, kept in the user's cache: the migrations that make one take seconds."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from dlcli.cache import cache_folder
from dlcli.errors import StoreError
from dlcli.figure import replacing
from dlcli.tracking import sqlite


def empty_store(folder: Path) -> Path:
    """Return a new store, with all its migrations, in a folder outside the project.

    Where the cache has one of the same MLflow and the same schema it is copied, otherwise it is
    built, and a copy goes to the cache. A cache that is damaged or cannot be written is no error.
    """
    copy = kept_store(folder / "mlflow.db")
    if copy is not None:
        return copy
    built = sqlite.build(folder)
    if kept := _file():
        with contextlib.suppress(OSError):
            _keep(built, kept)
    return built


def kept_store(path: Path) -> Path | None:
    """Copy the store of the cache to a path, which is returned; None where it has no sound one."""
    kept = _file()
    if kept is None:
        return None
    with contextlib.suppress(OSError, StoreError):
        shutil.copyfile(kept, path)
        sqlite.check_schema(path, sqlite.check(path))
        return path
    path.unlink(missing_ok=True)
    return None


def _file() -> Path | None:
    import mlflow

    folder = cache_folder()
    return folder / f"mlflow-{mlflow.__version__}.db" if folder else None


def _keep(built: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with replacing(kept) as scratch:
        shutil.copyfile(built, scratch)
