"""What can be named on the command line, read from the configuration files' names and comments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dlcli.config.folders import Folder, project, search_path

_SUFFIX = ".yaml"


def groups(config_dir: Path | None = None) -> list[str]:
    """Return the groups: the folders of the configuration tree that hold options."""
    found = {
        path.name
        for folder in _folders(config_dir)
        for path in folder.path.iterdir()
        if path.is_dir() and not path.name.startswith((".", "_"))
    }
    return sorted(found)


def options(group: str, config_dir: Path | None = None) -> list[tuple[str, str]]:
    """Return each option of a group with the first line of its file's comment."""
    found: dict[str, str] = {}
    for folder in _folders(config_dir):
        for name, file in _files(folder.path / group, ""):
            found.setdefault(name, describe(file))
    return sorted(found.items())


def describe(file: Path) -> str:
    """Return the first comment of a file that says something, empty where there is none."""
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            for line in lines:
                if not line.startswith("#"):
                    return ""
                text = line.lstrip("#").strip()
                if text and not text.startswith("@"):
                    return text
    except OSError:
        return ""
    return ""


def _folders(config_dir: Path | None) -> list[Folder]:
    return search_path(config_dir or project(Path.cwd()).config_dir)


def _files(folder: Path, prefix: str, depth: int = 0) -> Iterator[tuple[str, Path]]:
    # A link back to a folder above would have no end.
    if depth > 4 or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):  # what options share is none itself
            continue
        if path.suffix == _SUFFIX and path.is_file():
            yield prefix + path.stem, path
        elif path.is_dir():
            yield from _files(path, f"{prefix}{path.name}/", depth + 1)
