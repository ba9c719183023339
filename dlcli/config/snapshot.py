"""Keep the configuration files as they are, so that a sweep's trials are composed of the same."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from dlcli.config.folders import SNAPSHOT, Folder, project, search_path
from dlcli.config.yaml_file import MAX_BYTES
from dlcli.errors import ConfigError
from dlcli.tracking.folder import sync_folder

# A tree has some hundred files; more is a folder that holds other things too.
MAX_FILES = 2000
MAX_DEPTH = 6


def snapshot(config_dir: Path | None, target: Path) -> None:
    """Copy every configuration file that could be composed into a folder, all or nothing.

    Args:
        config_dir: the user's own tree; else ``[tool.dlcli] config_dir``.
        target: the folder; one that is there is replaced.

    Raises:
        ConfigError: a tree cannot be read, or is none.
        OSError: the folder cannot be written.
    """
    folders = search_path(config_dir or project(Path.cwd()).config_dir)
    unfinished = target.with_name(f".{target.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    names = ["own", "packaged"][-len(folders) :]
    for name, folder in zip(names, folders, strict=True):
        (unfinished / name).mkdir()
        _copy(folder, unfinished / name)
    index = [{"path": n, "label": f.label} for n, f in zip(names, folders, strict=True)]
    _write(unfinished / SNAPSHOT, json.dumps(index).encode())
    sync_folder(unfinished)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.replace(target)
    sync_folder(target.parent)


def _copy(folder: Folder, target: Path) -> None:
    made = set()
    for count, file in enumerate(_files(folder.path, 0)):
        if count == MAX_FILES:
            raise ConfigError(
                f"{folder.label}: more than {MAX_FILES:,} files; "
                "give the configuration a folder of its own"
            )
        copy = target / file.relative_to(folder.path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        made.add(copy.parent)
        try:
            _write(copy, file.read_bytes())
        except OSError as error:
            raise ConfigError(f"{file}: cannot be copied: {error.strerror}") from error
    for parent in made:
        sync_folder(parent)


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the configuration files of a tree; a link back to a folder above has no end."""
    if depth > MAX_DEPTH:
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path, depth + 1)
        elif path.suffix == ".yaml" and path.is_file() and path.stat().st_size <= MAX_BYTES:
            yield path


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
