"""The source files that a sweep's trials run, and which of them have changed since it started."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

SUFFIXES = (".py", ".yaml", ".yml")
MOST = 2000  # files; whoever allows a package of more has no use for the list


def sources(packages: Iterable[str], config_dir: Path | None) -> dict[str, str]:
    """The sha256 of the user's own source and configuration files, by absolute path.

    Args:
        packages: whose code may run.
        config_dir: the user's configuration tree.
    """
    places = [place for name in packages for place in _places(name)]
    places += [config_dir] if config_dir else []
    files = [file for place in places for file in _files(place)]
    return {str(file): digest for file in sorted(set(files))[:MOST] if (digest := _digest(file))}


def changed(before: Mapping[str, str]) -> list[str]:
    """Which of the files are not what they were, by path."""
    return [path for path, digest in before.items() if _digest(Path(path)) != digest]


def _places(package: str) -> list[Path]:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    folders = [Path(place) for place in spec.submodule_search_locations or ()]
    return folders or ([Path(spec.origin)] if spec.origin else [])


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place.absolute()]
    return [file.absolute() for file in place.rglob("*") if file.suffix in SUFFIXES]


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
