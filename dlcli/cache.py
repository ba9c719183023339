"""The user's cache folder: what is there may be missing, old or damaged, and is made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path | None:
    """Return where this tool may keep what it can make again; None where there is no home."""
    folder = os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(folder) if folder else Path.home() / ".cache"
    except RuntimeError:
        return None
    return base / "dlcli" if base.is_absolute() else None
