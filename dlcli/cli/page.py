"""Pages for a person: sections of labelled facts, wrapped at the terminal's width."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from shutil import get_terminal_size

from dlcli.cli.output import BOLD, PLAIN, is_styled

INDENT = "  "
NARROWEST = 20  # characters that a fact is given, however narrow the terminal

Facts = Sequence[tuple[str, str]]


def width() -> int | None:
    """The columns of the terminal; None where nobody's screen sets a limit."""
    return get_terminal_size().columns if sys.stdout.isatty() else None


def print_title(text: str) -> None:
    """Print a line that stands out."""
    print(f"{BOLD}{text}{PLAIN}" if is_styled() else text)


def print_section(title: str, facts: Facts) -> None:
    """Print facts under a title; nothing where there are none."""
    told = [(label, text) for label, text in facts if text]
    if not told:
        return
    print()
    print_title(title)
    print_facts(told, INDENT)


def print_facts(facts: Facts, indent: str = "") -> None:
    """Print a label and a text a line, the texts aligned; without a text, nothing."""
    told = [(label, text) for label, text in facts if text]
    column = len(indent) + max((len(label) for label, _ in told), default=0) + 2
    for label, text in told:
        for number, line in enumerate(_wrapped(text, column)):
            head = f"{indent}{label}" if number == 0 else ""
            print(f"{head:<{column}}{line}".rstrip())


def print_lines(title: str, lines: Sequence[str]) -> None:
    """Print lines under a title, cut at the terminal's width; nothing where there are none."""
    if not lines:
        return
    print()
    print_title(title)
    for line in lines:
        print(f"{INDENT}{line}"[: width()])


def _wrapped(text: str, column: int) -> list[str]:
    limit = width()
    if limit is None:
        return [text]
    room = max(limit - column, NARROWEST)
    return textwrap.wrap(text, room, break_on_hyphens=False) or [""]


def size(count: int | None) -> str:
    """Bytes as a person reads them: 310 bytes, 4.2 kB, 1.3 MB."""
    if count is None:
        return "missing"
    if count < 1000:
        return f"{count} bytes"
    value, unit = count / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"
