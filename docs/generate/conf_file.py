"""A configuration file as people read it: its keys with the comments above them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from generate.docstring import arguments


@dataclass(frozen=True)
class Entry:
    """A key with its value as it is written, and what is said of it."""

    key: str
    value: str
    comment: str


def description(file: Path) -> str:
    """The comment that a file begins with."""
    lines = file.read_text(encoding="utf-8").splitlines()
    found: list[str] = []
    for line in lines:
        if not line.startswith("#"):
            break
        if not line.startswith("# @"):
            found.append(line.removeprefix("#").strip())
    return " ".join(found)


def chosen(file: Path) -> list[tuple[str, str]]:
    """The options of other groups that a file chooses, in its order."""
    found = []
    for default in _defaults(file):
        for key, option in default.items() if isinstance(default, dict) else []:
            group = key.removeprefix("override").strip().removeprefix("/")
            text = "null" if option is None else str(option).replace("'", "")
            found.append((group, text))
    return found


def entries(file: Path, prefix: str) -> list[Entry]:
    """The keys of a file below a prefix, with those that it takes from others of its folder.

    What no comment explains, the docstring of the ``_target_`` beside it does.
    """
    found = _entries(file, prefix)
    told = {key: arguments(entry.value) for key, entry in found.items() if _is_target(key)}
    complete = []
    for key, entry in found.items():
        place, _, name = key.rpartition(".")
        target = told.get(f"{place}._target_".removeprefix("."), {})
        comment = entry.comment or target.get(name, "")
        complete.append(Entry(key, entry.value, sentence(comment)))
    return sorted(complete, key=lambda entry: entry.key != f"{prefix}_target_")


def sentence(comment: str) -> str:
    """A comment with a capital and a full stop."""
    text = comment.replace("``", "`")
    text = text if text.endswith((".", ")")) or not text else f"{text}."
    return text if text.split(" ")[0].startswith("torch") else text[:1].upper() + text[1:]


def _is_target(key: str) -> bool:
    return key.rpartition(".")[2] == "_target_"


def _entries(file: Path, prefix: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for default in _defaults(file):
        shared = file.parent / f"{default}.yaml"
        if isinstance(default, str) and shared.is_file():
            found |= _entries(shared, prefix)
    text, node = _read(file)
    for entry in _walk(node, prefix, text.splitlines()):
        inherited = found.get(entry.key, entry).comment
        found[entry.key] = Entry(entry.key, entry.value, entry.comment or inherited)
    return found


@cache
def _read(file: Path) -> tuple[str, Any]:
    """A file's text and its nodes."""
    text = file.read_text(encoding="utf-8")
    return text, yaml.compose(text, Loader=yaml.CSafeLoader)


def _defaults(file: Path) -> list[Any]:
    node = _read(file)[1]
    for key, value in node.value if node else []:
        if key.value == "defaults":
            return yaml.load(yaml.serialize(value), Loader=yaml.CSafeLoader)
    return []


def _walk(node: Any, prefix: str, lines: list[str]) -> list[Entry]:
    if node is None:
        return []
    found: list[Entry] = []
    for key, value in node.value:
        name = prefix + key.value
        comment = _comment(key.start_mark.line, lines)
        if key.value in ("defaults", "_partial_"):
            continue
        if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            found += _walk(value, f"{name}.", lines)
        else:
            found.append(Entry(name, _source(value, lines), comment))
    return found


def _comment(line: int, lines: list[str]) -> str:
    """The comment right above a line, unless it is the file's own."""
    first = line
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    if first == 0:
        return ""
    return " ".join(text.strip().removeprefix("#").strip() for text in lines[first:line])


def _source(node: Any, lines: list[str]) -> str:
    """A value as it is written."""
    start, end = node.start_mark, node.end_mark
    if start.line == end.line:
        return lines[start.line][start.column : end.column].strip()
    return " ".join(line.strip() for line in lines[start.line : end.line + 1])[start.column :]
