"""Where configuration files live: the user's own folder, then the packaged one."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcli.errors import ConfigError

# In a snapshot: which folders it holds, and what they were called.
SNAPSHOT = "snapshot.json"


@dataclass(frozen=True)
class Folder:
    """A configuration folder, and the name under which its files are shown."""

    path: Path
    label: str


@dataclass(frozen=True)
class Project:
    """What ``[tool.dlcli]`` of a working folder's ``pyproject.toml`` says."""

    config_dir: Path | None = None
    allow: tuple[str, ...] = ()


def packaged() -> Path:
    """Return the configuration folder that dlcli ships."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def search_path(config_dir: Path | None) -> list[Folder]:
    """Return the folders to search, the user's own first; of a snapshot nothing but its own.

    Raises:
        ConfigError: the user's folder is missing, unreadable, or no folder.
    """
    own = packaged()
    if config_dir is None:
        return [Folder(own, "conf")]
    _check_folder(config_dir)
    if (config_dir / SNAPSHOT).is_file():
        return _of_snapshot(config_dir)
    return [Folder(config_dir.resolve(), str(config_dir)), Folder(own, "conf")]


def _of_snapshot(snapshot: Path) -> list[Folder]:
    try:
        index = json.loads((snapshot / SNAPSHOT).read_text(encoding="utf-8"))
        folders = [Folder((snapshot / i["path"]).resolve(), str(i["label"])) for i in index]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{snapshot}: the kept configuration cannot be read ({error})") from error
    for folder in folders:
        _check_folder(folder.path)
    return folders


def _check_folder(folder: Path) -> None:
    try:
        next(folder.iterdir(), None)
    except FileNotFoundError:
        raise ConfigError(f"{folder}: the configuration folder does not exist") from None
    except NotADirectoryError:
        raise ConfigError(f"{folder}: the configuration folder is a file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"{folder}: cannot read the configuration folder: {reason}") from error


def project(folder: Path) -> Project:
    """Read ``[tool.dlcli]`` of the ``pyproject.toml`` in ``folder``; nothing there is no error.

    Raises:
        ConfigError: the file is damaged, or a key of the table is unknown or of a wrong type.
    """
    table = _tool_table(folder / "pyproject.toml")
    unknown = sorted(set(table) - {"config_dir", "allow"})
    if unknown:
        raise ConfigError(
            f"pyproject.toml: tool.dlcli.{unknown[0]}: unknown key; known are config_dir and allow"
        )
    config_dir, allow = table.get("config_dir"), table.get("allow", [])
    if config_dir is not None and not isinstance(config_dir, str):
        raise ConfigError(f"pyproject.toml: tool.dlcli.config_dir: not a string, {config_dir!r}")
    if not isinstance(allow, list) or not all(isinstance(name, str) for name in allow):
        raise ConfigError(f"pyproject.toml: tool.dlcli.allow: not a list of names, {allow!r}")
    return Project(None if config_dir is None else Path(config_dir), tuple(allow))


def _tool_table(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"pyproject.toml: cannot be read: {error}") from error
    if "dlcli" not in text:
        return {}
    import tomllib

    try:
        table = tomllib.loads(text).get("tool", {}).get("dlcli", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"pyproject.toml: not valid TOML: {error}") from error
    if not isinstance(table, dict):
        raise ConfigError("pyproject.toml: tool.dlcli: not a table")
    return table


def check_packages(names: tuple[str, ...]) -> None:
    """Refuse names of packages that nobody's own code can have.

    Raises:
        ConfigError: a name is no dotted identifier, or one of Python's own modules.
    """
    for name in names:
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            raise ConfigError(f"allow: {name!r} is not the name of a package")
        if parts[0] in sys.stdlib_module_names:
            raise ConfigError(f"allow: {name!r} is Python's own; allow names your own packages")
