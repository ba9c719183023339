"""The documents as what they promise: commands with their outputs, and files of the reader's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
_FENCE = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from machine to machine and from run to run: ids, times, numbers, and which of them
# is marked as the best.
_VARIES = re.compile(
    r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}\b"
    r"|\*{0,2}\d[\d.]* (?:s|min|h|days)\b(?: \d+ (?:s|min)\b)?\*{0,2}"
    r"|\*{0,2}\d[\d.:e-]*(?: [kMG]B?\b)?\*{0,2}"
)


@dataclass(frozen=True)
class Command:
    """A ``$`` line.

    Args:
        line: the command.
        output: what the page shows of it, ``…`` for lines left out.
        status: how it must end.
        page: where it stands.
    """

    line: str
    output: str
    status: int
    page: Path


@dataclass(frozen=True)
class File:
    """A file that a page tells the reader to write."""

    path: str
    content: str


def guide() -> list[Path]:
    """What one reader reads in one folder: the tutorial, the README, the how-tos."""
    return [*_of("tutorial"), README, *_of("how-to"), DOCS / "index.md"]


def _of(chapter: str) -> list[Path]:
    return [path for path in menu() if path.parent.name == chapter]


@cache
def menu() -> tuple[Path, ...]:
    """The pages of the site that are written by hand, in the order of its menu."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    named = [DOCS / name for name in re.findall(r"[\w/-]+\.md$", text, re.MULTILINE)]
    return tuple(path for path in named if path.is_file())


def read(*pages: Path) -> list[Command | File]:
    """The commands and files of pages in their order."""
    steps: list[Command | File] = []
    for page in pages:
        for path, language, content in _FENCE.findall(page.read_text(encoding="utf-8")):
            if path:
                steps.append(File(path, content))
            elif language == "console":
                steps += _commands(content, page)
    return steps


def _commands(session: str, page: Path) -> list[Command]:
    found: list[Command] = []
    for text in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        line, _, output = text.partition("\n")
        if line == "echo $?":
            found[-1] = Command(found[-1].line, found[-1].output, int(output), page)
        else:
            found.append(Command(line, output, 0, page))
    return found


def write_files(folder: Path) -> None:
    """Write the files that the reader writes into a folder."""
    for step in read(*guide()):
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
    """Whether a page shows what is printed, with ``…`` for any number of lines."""
    lines = outline(shown.replace("^C", ""))
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else f"{re.escape(line)}\n" for line in lines)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in outline(printed))) is not None
