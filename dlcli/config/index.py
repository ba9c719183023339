"""Signatures by target, kept in the user's cache folder so that no source is read twice."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dlcli.cache import cache_folder
from dlcli.config.modules import find, recording
from dlcli.config.signature import Parameter, Signature, read_signature

# Change it with anything that changes what is read from a source.
FORMAT = 2


def cache_file() -> Path | None:
    """Return where the index lies, or None where there is no home."""
    folder = cache_folder()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return folder / f"signatures-{FORMAT}-py{version}.json" if folder else None


class Index:
    """Reads signatures, and remembers those whose source files have not changed.

    Args:
        file: where they are kept; None keeps them for this process only.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._entries = _read(file)
        self._changed = False

    def signature(self, target: str) -> Signature:
        """Return the signature of a target.

        Raises:
            modules.Unknown: there is no such module or member.
            modules.Unreadable: the source does not tell.
        """
        entry = self._entries.get(target)
        if entry is None or not _is_fresh(entry, target):
            entry = self._entries[target] = _entry(target)
            self._changed = True
        return _signature(entry)

    def save(self) -> None:
        """Write what is new; a folder that cannot be written to is no error."""
        if not self._changed or self._file is None:
            return
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".signatures-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(self._entries, stream)
            Path(name).replace(self._file)


def _read(file: Path | None) -> dict[str, Any]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8")) if file else {}
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _entry(target: str) -> dict[str, Any]:
    with recording() as files:
        signature = read_signature(target)
    stamps = {str(file): _stamp(file) for file in files}
    return {"top": _top(target), "files": stamps, "signature": asdict(signature)}


def _top(target: str) -> str:
    """Return where the top-level package lies: two folders may each have their own."""
    return str(find(target.partition(".")[0]))


def _stamp(file: str | Path) -> list[int]:
    try:
        status = Path(file).stat()
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size]


def _is_fresh(entry: Any, target: str) -> bool:
    if not isinstance(entry, dict) or entry.get("top") != _top(target):
        return False
    return all(_stamp(file) == stamp for file, stamp in entry["files"].items())


def _signature(entry: dict[str, Any]) -> Signature:
    fields = dict(entry["signature"])
    fields["parameters"] = tuple(Parameter(**parameter) for parameter in fields["parameters"])
    fields["ancestors"] = tuple(fields["ancestors"])
    return Signature(**fields)
