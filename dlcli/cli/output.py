"""What a command shows on stdout: one JSON object, or tables for a person."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Settings:
    """How the caller wants to be answered."""

    json: bool = False
    debug: bool = False


settings = Settings()


def print_json(content: Mapping[str, Any]) -> None:
    """Print one object on one line; numbers that JSON cannot hold become null."""
    print(json.dumps(_plain(content)), flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn in a terminal, plain aligned columns elsewhere."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    plain = not console.is_terminal or console.is_dumb_terminal
    if plain:
        _print_plain([columns, *rows])
        return
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[cell.replace("[", r"\[") for cell in row])
    console.print(table)


def _print_plain(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(cells).rstrip())


def number(value: float) -> str:
    """A metric as a person reads it: four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def warn(messages: Sequence[str]) -> None:
    """Print warnings on stderr, a line each."""
    import sys

    for message in messages:
        print(f"warning: {message}", file=sys.stderr)
