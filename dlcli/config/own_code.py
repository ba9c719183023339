"""The user's own packages: where Python finds them, and which line of theirs failed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

# Frames of others that stand between a user's mistake and where it shows.
_FOREIGN = (
    "site-packages",
    str(Path(__file__).parent),
    f"{os.sep}lib{os.sep}python",
    "<",
)


def reach(allow: Sequence[str]) -> None:
    """Let Python find the user's packages beside the working folder, behind all others."""
    here = str(Path.cwd())
    if allow and here not in sys.path:
        sys.path.append(here)


def failing_line(error: BaseException) -> str | None:
    """Return ``file:line`` of the innermost frame in the user's own code, None without one."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not any(part in f.filename for part in _FOREIGN)]
    return f"{_short(own[-1].filename)}:{own[-1].lineno}" if own else None


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename
