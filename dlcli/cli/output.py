"""What a command shows on stdout: one JSON object, or tables for a person."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

from dlcli.training.rank import is_first_rank

GAP = "  "
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
ERASED = "\r\x1b[2K"  # the line that the cursor is in


@dataclass
class Settings:
    """How the caller wants to be answered.

    Args:
        waiting: whether a line on stderr says what is being waited for.
    """

    json: bool = False
    debug: bool = False
    quiet: bool = False
    waiting: bool = False


settings = Settings()


def print_json(content: Mapping[str, Any]) -> None:
    """Print one object on one line; numbers that JSON cannot hold become null."""
    print(json.dumps(_plain(content)), flush=True)
    settings.json = False  # it is the only one, whatever comes after it


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], dispensable: Sequence[str] = ()
) -> list[str]:
    """Print aligned columns, numbers to the right; whole where nobody's screen sets a limit.

    Args:
        columns: their headings.
        rows: one text for each column.
        dispensable: headings of what to leave out in a terminal too narrow, the first first.

    Returns:
        The headings of what was left out.
    """
    width = get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    table = [list(columns), *map(list, rows)]
    for name in dispensable:
        if _width(table) <= width:
            break
        table = _without(table, table[0].index(name))
    left_out = [name for name in columns if name not in table[0]]
    heading, *lines = [line[:width] for line in _aligned(table)]
    print(f"{BOLD}{heading}{PLAIN}" if is_styled() else heading)
    for line in lines:
        print(line)
    return left_out


def is_styled() -> bool:
    """Whether stdout is a terminal that understands more than plain lines."""
    plain = os.environ.get("TERM", "dumb") == "dumb" or bool(os.environ.get("NO_COLOR"))
    return sys.stdout.isatty() and not plain


def _without(table: list[list[str]], position: int) -> list[list[str]]:
    return [line[:position] + line[position + 1 :] for line in table]


def _width(table: list[list[str]]) -> int:
    return max(len(line) for line in _aligned(table))


def _aligned(table: list[list[str]]) -> list[str]:
    columns = [_padded(column) for column in zip(*table, strict=True)]
    return [GAP.join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _padded(column: Sequence[str]) -> list[str]:
    """The cells of a column, of one width; to the right where all are numbers."""
    width = max(len(cell) for cell in column)
    right = all(_is_number(cell) for cell in column[1:] if cell)
    return [cell.rjust(width) if right else cell.ljust(width) for cell in column]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def number(value: float) -> str:
    """A metric as a person reads it: four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def warn(messages: Sequence[str]) -> None:
    """Print warnings on stderr, a line each."""
    stop_waiting()
    for message in messages:
        print(f"warning: {message}", file=sys.stderr)


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Say in a terminal what takes seconds, until it is over."""
    if can_redraw() and is_first_rank() and not (settings.quiet or settings.json):
        settings.waiting = True
        print(what, end=" ", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        stop_waiting()


def stop_waiting() -> None:
    """Erase the line that says what is being waited for, as there is something else to say."""
    if settings.waiting:
        settings.waiting = False
        print(ERASED, end="", file=sys.stderr, flush=True)


def can_redraw() -> bool:
    """Whether stderr is a terminal that understands more than plain lines."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def shortened(path: Path | None) -> str:
    """A path as it is reached from the working folder."""
    if path is None:
        return "none"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def say(line: str) -> None:
    """Print one line of progress on stderr, after what was printed on stdout before."""
    sys.stdout.flush()
    print(line, file=sys.stderr, flush=True)
