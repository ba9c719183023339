"""Tables of a user's, small ones, and what reads them."""

from __future__ import annotations

from pathlib import Path

from dlcli.data.csv import CSV

COLOURS = ("red", "green", "blue")


def write_tiny(folder: Path, target: str = "price") -> Path:
    """Sixty rows: two numbers, of which one is missing at times, a text, and the target."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"size,rooms,colour,{target}"]
    for n in range(60):
        size, rooms = 20 + n * 37 % 61, "" if n % 7 == 3 else n % 5
        answer = {"price": 100.5 * size + n % 4, "grade": "high" if size > 50 else "low"}
        rows.append(f'{size},{rooms},"{COLOURS[n % 3]}, light",{answer[target]}')
    path = folder / f"{target}.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def rows(line: str, count: int = 30, header: str = "x,y") -> str:
    """A header and numbered rows; ``{n}`` in a line is its number, ``{c}`` one of two letters."""
    lines = [line.format(n=n, c="ab"[n % 2]) for n in range(count)]
    return "\n".join([header, *lines]) + "\n"


def ready(path: Path, **options) -> CSV:
    data = CSV(path, **options)
    data.setup()
    return data
