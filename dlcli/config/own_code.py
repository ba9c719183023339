"""The user's own packages: where Python finds them, and which line of theirs failed."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dlcli.config.allow import is_below
from dlcli.errors import DlcliError

# A worker process sends its traceback as text.
_WORKER_LINE = re.compile(r'^  File "([^"]+)", line (\d+)', re.MULTILINE)


def reach(allow: Sequence[str]) -> None:
    """Let Python find the user's packages beside the working folder, behind all others."""
    here = str(Path.cwd())
    if allow and here not in sys.path:
        sys.path.append(here)


@contextmanager
def blamed(allow: Sequence[str], kind: type[DlcliError]) -> Iterator[None]:
    """Turn what the user's own code raises into an error that names their line.

    Args:
        allow: their packages.
        kind: the class of the error.

    Raises:
        DlcliError: of that class; anything that came by no line of theirs passes as it is.
    """
    try:
        yield
    except DlcliError:
        raise
    except Exception as error:
        place = failing_line(error, allow)
        if place is None:
            raise
        raise kind(f"{place}: {described(error)}") from error


def first_line(error: BaseException) -> str:
    """The first line of what an error says."""
    return str(error).strip().partition("\n")[0]


def described(error: BaseException) -> str:
    """An error in one line: its class and the first line of what it says."""
    # Python's own adds the place, which is told already
    said = error.msg if isinstance(error, SyntaxError) else first_line(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def failing_line(error: BaseException, allow: Sequence[str]) -> str | None:
    """Return ``file:line`` of the innermost frame in the user's packages, None without one."""
    if not allow:
        return None
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno}"
    own = [
        f"{_short(frame.f_code.co_filename)}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _is_own(str(frame.f_globals.get("__name__")), allow)
    ]
    return own[-1] if own else _line_in_worker(error, allow)


def _line_in_worker(error: BaseException, allow: Sequence[str]) -> str | None:
    files = {
        module.__file__
        for name, module in list(sys.modules.items())
        if _is_own(name, allow) and getattr(module, "__file__", None)
    }
    own = [
        f"{_short(file)}:{line}" for file, line in _WORKER_LINE.findall(str(error)) if file in files
    ]
    return own[-1] if own else None


def _is_own(module: str, allow: Sequence[str]) -> bool:
    return module in allow or is_below(module, allow)


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename
