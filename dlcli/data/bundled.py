"""The files that scikit-learn's own data sets are in."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def bundled_file(name: str) -> Path | None:
    """A file in the installed package, found without the second that its import takes.

    None where the package is laid out otherwise.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "datasets" / "data" / name
    return path if path.is_file() else None
