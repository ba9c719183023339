"""Checkpoint files that are whole or absent: a folder of them and the manifest that vouches for it.

A file is written beside its final name, fsynced and renamed; then the manifest, the same way, names
it with its sha256; only then is the one before it removed. Whatever the manifest does not name is
left over from a crash.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Literal

from dlcli.errors import CheckpointError, UnreadableError

Role = Literal["best", "last"]
MANIFEST = "manifest.json"
FORMAT = 1
COPIED = 1 << 20  # bytes at once
# What reading a manifest raises that is none.
DAMAGED = (LookupError, AttributeError, ValueError, TypeError, RecursionError)


@dataclass(frozen=True)
class Entry:
    """One checkpoint in the manifest.

    Args:
        file: its name in the folder.
        sha256: of its bytes, in hexadecimal.
        epoch: how many epochs were finished when it was written.
        step: how many optimizer steps were taken.
        metrics: the metrics at that time.
    """

    file: str
    sha256: str
    epoch: int
    step: int
    metrics: dict[str, float] = field(default_factory=dict)


def write_atomically(path: Path, write: Any) -> None:
    """Call ``write(file)`` on a temporary file beside ``path``, fsync it and rename it to ``path``.

    Raises:
        CheckpointError: the disk is full, read-only or gone; what stood at ``path`` is intact.
    """
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        _fsync_folder(path.parent)
    except (OSError, RuntimeError) as error:
        # torch's zip writer makes a RuntimeError of what the disk said
        cause = error.__context__ if isinstance(error.__context__, OSError) else error
        said = getattr(cause, "strerror", None) or cause
        with suppress(OSError):
            temporary.unlink()
        raise CheckpointError(
            f"{path}: cannot be written ({said}); the checkpoints before it are intact, "
            "make room or fix the folder and resume"
        ) from error


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _entry(values: Mapping[str, Any]) -> Entry:
    """An entry as it was written; a name that leads out of the folder never was.

    Raises:
        ValueError, TypeError: it is none.
    """
    entry = Entry(**values)
    types = {"file": str, "sha256": str, "epoch": int, "step": int, "metrics": dict}
    for name, type_ in types.items():
        if not isinstance(getattr(entry, name), type_):
            raise ValueError(f"{name}: {getattr(entry, name)!r}")
    if Path(entry.file).name != entry.file:
        raise ValueError(f"file: {entry.file!r}")
    return entry


class CheckpointFolder:
    """The checkpoints of one run: ``best`` and ``last``.

    Args:
        path: the folder; made at the first save.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._saved = False

    def entries(self) -> dict[str, Entry]:
        """Every checkpoint that the manifest names, by role.

        Raises:
            CheckpointError: the manifest is damaged.
            UnreadableError: it cannot be read, or is of a newer format.
        """
        manifest = self.path / MANIFEST
        if not manifest.exists():
            return {}
        try:
            content = json.loads(manifest.read_text())
            if content["format"] > FORMAT:
                raise UnreadableError(f"{manifest}: written by a newer dlcli; update dlcli")
            return {role: _entry(values) for role, values in content["checkpoints"].items()}
        except OSError as error:
            raise UnreadableError(f"{manifest}: cannot be read ({error.strerror})") from error
        except DAMAGED as error:
            raise CheckpointError(f"{manifest}: damaged ({error})") from error

    def save(
        self, role: str, checkpoint: Mapping[str, Any], epoch: int, metrics: Mapping[str, float]
    ) -> Path:
        """Write a checkpoint under a role, replacing the one that had it.

        Args:
            role: ``best`` or ``last``.
            checkpoint: plain containers and tensors, as Lightning dumps them.
            epoch: how many epochs are finished.
            metrics: what they have logged.

        Raises:
            CheckpointError: it cannot be written; the one before is intact.
        """
        import torch

        step = int(checkpoint["global_step"])
        path = self._path(role, epoch, step)
        self._make()
        write_atomically(path, lambda file: torch.save(checkpoint, file))
        self._name(role, Entry(path.name, sha256(path), epoch, step, dict(metrics)))
        return path

    def save_copy(self, of: str, role: str, metrics: Mapping[str, float]) -> Path:
        """Write what was just saved under one role under another one, too.

        Copying a file is much quicker than collecting and packing the same state anew.

        Args:
            of: the role it was saved under.
            role: the other one.
            metrics: as for `save`.

        Raises:
            CheckpointError: it cannot be written, or there is nothing to copy.
        """
        self._make()
        entry = self.entries().get(of)
        if entry is None or not (self.path / entry.file).is_file():
            raise CheckpointError(f"{self.path}: no {of} checkpoint is left to copy")
        path = self._path(role, entry.epoch, entry.step)
        with (self.path / entry.file).open("rb") as source:
            write_atomically(path, lambda file: shutil.copyfileobj(source, file, COPIED))
        self._name(role, replace(entry, file=path.name, metrics=dict(metrics)))
        return path

    def _path(self, role: str, epoch: int, step: int) -> Path:
        return self.path / f"{role}-epoch{epoch:04d}-step{step:07d}.ckpt"

    def _name(self, role: str, entry: Entry) -> None:
        """Have the manifest name a file that is there, and remove the one before it."""
        before = self.entries()
        self._write_manifest({**before, role: entry})
        self._saved = True
        if role in before and before[role].file != entry.file:
            (self.path / before[role].file).unlink(missing_ok=True)

    def _make(self) -> None:
        if self._saved and not (self.path / MANIFEST).exists():
            raise CheckpointError(f"{self.path}: was removed while the run was going on")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"{self.path}: cannot be made ({error.strerror})") from error

    def _write_manifest(self, entries: Mapping[str, Entry]) -> None:
        content = {
            "format": FORMAT,
            "checkpoints": {role: asdict(entry) for role, entry in entries.items()},
        }
        text = json.dumps(content, indent=1).encode()
        write_atomically(self.path / MANIFEST, lambda file: file.write(text))

    def file(self, role: str) -> Path | None:
        """The path of a role's checkpoint, or None where there is none."""
        entry = self.entries().get(role)
        return self.path / entry.file if entry else None

    def verify(self, role: str) -> Path:
        """The path of a role's checkpoint, after its bytes have been compared with the manifest.

        Raises:
            CheckpointError: there is none, or it is not what was written; an intact one is named.
        """
        entry = self.entries().get(role)
        if entry is None:
            raise CheckpointError(f"{self.path}: no {role} checkpoint was saved")
        path = self.path / entry.file
        reason = self._damage(entry)
        if reason:
            raise CheckpointError(f"{path}: {reason}{self._advice(role)}")
        return path

    def newest_intact(self) -> Path | None:
        """The checkpoint with the most steps that is as it was written."""
        intact = [entry for entry in self.entries().values() if not self._damage(entry)]
        newest = max(intact, key=lambda entry: entry.step, default=None)
        return self.path / newest.file if newest else None

    def _damage(self, entry: Entry) -> str | None:
        path = self.path / entry.file
        if not path.is_file():
            return "is missing"
        if sha256(path) != entry.sha256:
            return "is damaged (its sha256 is not the manifest's)"
        return None

    def _advice(self, role: str) -> str:
        others = [
            entry
            for other, entry in self.entries().items()
            if other != role and not self._damage(entry)
        ]
        if not others:
            return "; no intact checkpoint is left"
        newest = max(others, key=lambda entry: entry.step)
        return f"; the last good one is {self.path / newest.file} (epoch {newest.epoch})"

    def sweep(self) -> list[Path]:
        """Remove what a crash left: temporary files and checkpoints the manifest does not name."""
        named = {entry.file for entry in self.entries().values()} | {MANIFEST}
        unnamed = [path for path in self.path.glob("*") if path.name not in named]
        leftovers = [path for path in unnamed if ".tmp-" in path.name or path.suffix == ".ckpt"]
        for path in leftovers:
            path.unlink(missing_ok=True)
        return leftovers


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint that holds plain containers and tensors, and nothing that runs code.

    Where the folder has a manifest, the bytes are compared with it before anything is unpickled.

    Raises:
        CheckpointError: missing, damaged, or not a checkpoint of this kind.
    """
    import torch

    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint")
    folder = CheckpointFolder(path.parent)
    for role, entry in folder.entries().items():
        if entry.file == path.name:
            folder.verify(role)
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CheckpointError(f"{path}: not a checkpoint that dlcli can trust ({first})") from error
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise CheckpointError(f"{path}: holds no model; expected a checkpoint of Lightning's form")
    return checkpoint


def write_text(path: Path, text: str) -> None:
    """Write a small text file so that it is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(file: IO[bytes]) -> None:
        file.write(text.encode())

    write_atomically(path, write)
