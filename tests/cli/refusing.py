"""Read tables of refusals, and run a command in a working folder as a shell would."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

FOLDER = Path(__file__).with_name("refusals")
MARKS = {"{newline}": "\n", "{nul}": "\0", "{long}": "a" * 300, "{lookalike}": "r\u0435sult"}
_ROW = re.compile(
    r"(?:# (?P<scene>.*)\n)?\$ (?P<command>.*)\n\[(?P<status>\d+)\] (?P<error>(?s:.*))"
)


@dataclass(frozen=True)
class Row:
    """A command, what stands in its folder, and how it must be refused."""

    scene: str | None
    command: str
    status: int
    error: str

    @property
    def id(self) -> str:
        """The name of the test."""
        words = self.command.replace("dlcli ", "")
        return f"{self.scene}: {words}" if self.scene else words


@dataclass(frozen=True)
class Answer:
    """What a command said and did; the folder is ``.`` in its texts."""

    status: int
    error: str
    output: str
    created: tuple[str, ...]


def table(name: str) -> list[Row]:
    """The rows of ``refusals/NAME.txt``, which are separated by empty lines."""
    rows = []
    for text in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        found = _ROW.fullmatch(text)
        assert found, text
        rows.append(Row(found["scene"], found["command"], int(found["status"]), found["error"]))
    return rows


def words(command: str, marks: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The environment that a command line sets, and its arguments."""
    parts = shlex.split(command)
    start = parts.index("dlcli")
    replaced = [_replace(part, {**MARKS, **marks}) for part in parts]
    environment = dict(part.partition("=")[::2] for part in replaced[:start])
    return environment, replaced[start + 1 :]


def _replace(text: str, marks: Mapping[str, str]) -> str:
    for mark, meaning in marks.items():
        text = text.replace(mark, meaning)
    return text


def run(arguments: list[str], folder: Path, marks: Mapping[str, str] | None = None) -> Answer:
    """Run the command line in this process; ``folder`` is the working folder already."""
    from dlcli.cli.main import app

    before = set(content(folder))
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    created = tuple(path for path in content(folder) if path not in before)
    known = {**(marks or {}), "{folder}": str(folder), "{cores}": str(os.cpu_count())}
    said = _mark(result.stderr, known).rstrip("\n")
    return Answer(result.exit_code, said, result.stdout, created)


def _mark(text: str, marks: Mapping[str, str]) -> str:
    for mark, meaning in marks.items():
        if mark != "{cores}":
            text = text.replace(meaning, mark)
    return re.sub(rf"\b{marks['{cores}']} cores", "{cores} cores", text)


def content(folder: Path) -> Iterator[str]:
    """Every file and folder below, as relative paths."""
    return iter(sorted(str(path.relative_to(folder)) for path in folder.rglob("*")))
