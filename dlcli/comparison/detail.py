"""Everything that is recorded of one run: what the store knows, and what its folder holds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from dlcli.tracking.run import flatten
from dlcli.tracking.run_record import CHOICE, RunRecord

CHECKPOINTS = "checkpoints"


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint that the run's manifest names.

    Args:
        role: ``best`` or ``last``.
        path: of the file.
        size: in bytes; None where the file is gone.
        epoch: how many epochs were finished when it was written.
        step: how many optimizer steps were taken.
        metrics: those logged by then.
    """

    role: str
    path: Path
    size: int | None
    epoch: int
    step: int
    metrics: Mapping[str, float]
    sha256: str = ""


@dataclass(frozen=True)
class File:
    """One of a run's artifacts: its name below them, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Detail:
    """What is recorded of a run.

    Of a sweep, ``config`` is what its trials begin with, and ``overrides`` name the space, too.

    Args:
        record: status, times, metrics, parameters and tags, as the store has them.
        config: resolved, as it was trained with; empty where the run's folder is not here, or the
            run has none of its own.
        overrides: as they were given.
        choices: the option of each group.
        allow: packages of the user's own whose code might run.
        config_dir: the user's own tree, where the command named it.
        origins: where each value was written, by dotted key.
        references: values that were interpolated, as they were written, by dotted key.
        environment: ``dlcli``, ``python``, ``platform``, ``packages``, ``device``, ``cores``,
            ``threads``; what is not known is not in it.
        diff: what was not committed; "" where all was, None where that is not recorded.
        checkpoints: that the manifest names.
        files: all artifacts.
        damaged: what is there and cannot be read, a line each.
    """

    record: RunRecord
    config: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[str] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    allow: Sequence[str] = ()
    config_dir: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    diff: str | None = None
    checkpoints: Sequence[Checkpoint] = ()
    files: Sequence[File] = ()
    damaged: Sequence[str] = ()

    @property
    def artifacts(self) -> Path | None:
        """The folder of the run's artifacts; None where it is not here."""
        return None if self.record.folder is None else self.record.folder / "artifacts"

    @cached_property
    def flat(self) -> dict[str, str]:
        """Each value of the configuration as text, by dotted key, also where no folder is here."""
        return flatten(self.config) if self.config else dict(self.record.params)

    @property
    def kind(self) -> str:
        """``train``, ``sweep``, ``trial`` or ``evaluate``; "" for a run of another program."""
        return self.record.tags.get("dlcli.kind", "")

    @property
    def commit(self) -> str | None:
        """The git commit of the working folder; None outside a repository."""
        return self.record.tags.get("mlflow.source.git.commit")

    @property
    def dirty(self) -> bool | None:
        """Whether something was not committed; None where that is not recorded."""
        said = self.record.tags.get("dlcli.git.dirty")
        if said is None:
            return bool(self.diff) if self.diff is not None else None
        return said == "true"

    @property
    def fingerprint(self) -> str:
        """Of the data; "" where there is none."""
        return self.record.tags.get("dlcli.data.fingerprint", "")


def read(record: RunRecord) -> Detail:
    """What is recorded of a run; what is damaged is named, and not an error.

    Args:
        record: as `dlcli.tracking.query.find` gives it.
    """
    tags = record.tags
    choices = {
        key.removeprefix(CHOICE): option for key, option in tags.items() if key.startswith(CHOICE)
    }
    known = {"dlcli": tags.get("dlcli.version"), "device": tags.get("dlcli.device")}
    environment = {key: text for key, text in known.items() if text}
    if record.folder is None:
        return Detail(record, choices=choices, environment=environment)
    folder = _Folder(record.folder / "artifacts")
    sweep = folder.json("sweep.json")
    about = folder.json("origins.json") or _about_sweep(sweep)
    return Detail(
        record,
        config=folder.yaml("config.yaml") or _mapping(sweep.get("base")),
        overrides=[str(text) for text in _sequence(about.get("overrides"))],
        choices=_mapping(about.get("choices")) or choices,
        allow=[str(name) for name in _sequence(about.get("allow"))],
        config_dir=str(about.get("config_dir") or ""),
        origins=_mapping(about.get("origins")),
        references=_mapping(about.get("references")),
        environment=environment | (folder.json("environment.json") or _versions(sweep)),
        diff=folder.diff(tags.get("dlcli.git.dirty"), _mapping(sweep.get("code"))),
        checkpoints=folder.checkpoints(),
        files=folder.files(),
        damaged=folder.damaged,
    )


def _about_sweep(sweep: Mapping[str, Any]) -> dict[str, Any]:
    given = [*_sequence(sweep.get("overrides")), *_sequence(sweep.get("searched"))]
    kept = {name: sweep.get(name) for name in ("allow", "config_dir")}
    return {"overrides": given, **kept}


def _versions(sweep: Mapping[str, Any]) -> dict[str, Any]:
    packages = _mapping(sweep.get("versions"))
    return {"packages": packages} if packages else {}


class _Folder:
    """The artifacts of a run, read with care: a file that is damaged is noted and left out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged: list[str] = []

    def json(self, name: str) -> dict[str, Any]:
        return self._read(name, json.loads)

    def yaml(self, name: str) -> dict[str, Any]:
        # libyaml reads the same in a tenth of the time
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return self._read(name, lambda text: yaml.load(text, Loader=loader))

    def _read(self, name: str, parse: Any) -> dict[str, Any]:
        path = self.path / name
        if not path.is_file():
            return {}
        try:
            content = parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
            self.damaged.append(f"{path}: cannot be read ({str(error).splitlines()[0]})")
            return {}
        if not isinstance(content, dict):
            self.damaged.append(f"{path}: expected a mapping")
            return {}
        return content

    def diff(self, dirty: str | None, code: Mapping[str, Any]) -> str | None:
        """What was not committed; "" where all was, None where that is not recorded."""
        path = self.path / "git.diff"
        if path.is_file():
            try:
                return path.read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                self.damaged.append(f"{path}: {error.strerror}")
                return None
        return "" if dirty == "false" or code.get("dirty") == "false" else None

    def checkpoints(self) -> list[Checkpoint]:
        """The manifest's, the best first."""
        found = _mapping(self.json(f"{CHECKPOINTS}/manifest.json").get("checkpoints"))
        try:
            return [self._checkpoint(role, entry) for role, entry in sorted(found.items())]
        except (LookupError, TypeError, ValueError) as error:
            self.damaged.append(f"{self.path / CHECKPOINTS / 'manifest.json'}: damaged ({error})")
            return []

    def _checkpoint(self, role: str, entry: Mapping[str, Any]) -> Checkpoint:
        # a name that leads out of the folder never was written
        path = self.path / CHECKPOINTS / Path(str(entry["file"])).name
        size = None
        with contextlib.suppress(OSError):
            size = path.stat().st_size
        epoch, step = int(entry["epoch"]), int(entry["step"])
        return Checkpoint(
            role, path, size, epoch, step, _mapping(entry["metrics"]), str(entry["sha256"])
        )

    def files(self) -> list[File]:
        """All artifacts but those that are only half written."""
        found = []
        for path in sorted(self.path.rglob("*")):
            with contextlib.suppress(FileNotFoundError):  # a run that goes on replaces some
                if path.is_file() and ".tmp-" not in path.name:
                    name = path.relative_to(self.path).as_posix()
                    found.append(File(name, path.stat().st_size))
        return found


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []
