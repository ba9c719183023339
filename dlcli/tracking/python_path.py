"""Where a process of our own, started with ``-P``, finds this package."""

from __future__ import annotations

import os
from pathlib import Path

import dlcli


def python_path() -> str:
    """PYTHONPATH with the place of this package before what the user's has.

    ``-P`` keeps the working folder, where a user's file may bear the name of any module, off the
    path.
    """
    paths = [str(Path(dlcli.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(path for path in paths if path)
