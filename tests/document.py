"""The README as what it promises: commands with their outputs, and files of the reader's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
_FENCE = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from machine to machine and from run to run: numbers, times, ids.
_VARIES = re.compile(r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}\b|\d[\d.:e-]*")


@dataclass(frozen=True)
class Command:
    """A ``$`` line.

    Args:
        line: the command.
        output: what the README shows of it, ``…`` for lines left out.
        status: how it must end.
    """

    line: str
    output: str
    status: int


@dataclass(frozen=True)
class File:
    """A file that the README tells the reader to write."""

    path: str
    content: str


def read() -> list[Command | File]:
    """The README's commands and files in their order."""
    steps: list[Command | File] = []
    for path, language, content in _FENCE.findall(README.read_text(encoding="utf-8")):
        if path:
            steps.append(File(path, content))
        elif language == "console":
            steps += _commands(content)
    return steps


def _commands(session: str) -> list[Command]:
    found: list[Command] = []
    for text in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        line, _, output = text.partition("\n")
        if line == "echo $?":
            found[-1] = Command(found[-1].line, found[-1].output, int(output))
        else:
            found.append(Command(line, output, 0))
    return found


def write_files(folder: Path) -> None:
    """Write the README's files into a folder, with the package's ``__init__``."""
    for step in read():
        if isinstance(step, File):
            write(step, folder)


def write(file: File, folder: Path) -> None:
    """Write a file."""
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(file.content, encoding="utf-8")


def outline(output: str) -> list[str]:
    """The lines of an output without what varies, and without the layout that follows from it."""
    return [" ".join(_VARIES.sub("#", line).split()) for line in output.strip().splitlines()]


def shows(shown: str, printed: str) -> bool:
    """Whether the README shows what is printed, with ``…`` for any number of lines."""
    lines = outline(shown.replace("^C", ""))
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else f"{re.escape(line)}\n" for line in lines)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in outline(printed))) is not None
