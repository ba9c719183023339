"""The folder of a sweep: what was frozen at its start, who runs it, its trials, how it ended."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from dlcli.errors import BusyError, StoreError
from dlcli.search.trial import TrialFolder
from dlcli.tracking.disk import unwritable
from dlcli.tracking.folder import make_root, replace_file, sync_folder
from dlcli.tracking.owner import Lock, Owner
from dlcli.tracking.scratch import clear_scratch

FORMAT = 1


@dataclass(frozen=True)
class Frozen:
    """What a sweep is: written once at its start, never changed.

    Args:
        overrides: what all trials have in common, as given; secrets masked.
        searched: the overrides of the space and of search, pruner and objective.
        allow: packages of the user's own whose code may run.
        space: as `dlcli.config.space.Space.as_dict` gives it.
        settings: the nodes search, pruner and objective.
        metrics: the objective's.
        modes: of each, ``min`` or ``max``.
        base: the configuration that every trial starts from; secrets masked.
        code: commit and uncommitted diff of the working folder.
        sources: sha256 of the user's own source files, by path.
        versions: of the packages that a result depends on.
        config_dir: the user's own tree, as it was given.
        choices: the option of each group, before any is searched.
    """

    name: str
    created: str
    overrides: list[str]
    searched: list[str]
    allow: list[str]
    space: dict[str, Any]
    settings: dict[str, Any]
    metrics: list[str]
    modes: list[Literal["min", "max"]]
    base: dict[str, Any]
    code: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    config_dir: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def given(self) -> list[str]:
        """All overrides, as given."""
        return [*self.overrides, *self.searched]

    @property
    def command(self) -> list[str]:
        """What was typed after ``dlcli``, one word each."""
        tree = ["--config-dir", self.config_dir] if self.config_dir else []
        return ["sweep", *self.given, "--name", self.name, *self.options, *tree]

    @property
    def options(self) -> list[str]:
        """What a command needs that builds one of its models."""
        return [word for package in self.allow for word in ("--allow", package)]


class SweepFolder:
    """``root/sweeps/NAME``.

    Args:
        root: the folder of the store.
        name: of the sweep.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.path = root / "sweeps" / name
        self.conf = self.path / "conf"
        self.database = self.path / "study.db"
        self._lock = Lock(self.path / "lock")

    @property
    def exists(self) -> bool:
        """Whether a sweep of this name was started: its description was written."""
        return (self.path / "sweep.json").is_file()

    @property
    def has_study(self) -> bool:
        """Whether the study was made, so that it is never made anew over a damaged one."""
        return (self.path / "study").is_file()

    def note_study(self) -> None:
        """The study is there from now on."""
        if not self.has_study:
            replace_file(self.path / "study", "")

    @contextlib.contextmanager
    def owned(self) -> Iterator[None]:
        """Be the one process that runs the sweep.

        Raises:
            BusyError: another one is; says which, and since when.
            StoreError: the folder cannot be written.
        """
        try:
            make_root(self.root)
            self.path.mkdir(parents=True, exist_ok=True)
            if not self._lock.acquire():
                owner = self.owner or "another process"
                raise BusyError(f"sweep {self.name} is owned by {owner}; wait for it, or stop it")
            clear_scratch(self.path)
            replace_file(self.path / "owner.json", json.dumps(Owner.current().written()))
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            yield
        finally:
            self._lock.release()

    @property
    def owner(self) -> Owner | None:
        """Who runs the sweep, or ran it last."""
        with contextlib.suppress(OSError, ValueError):
            return Owner.read(json.loads((self.path / "owner.json").read_text()))
        return None

    def freeze(self, frozen: Frozen) -> None:
        """Write what the sweep is; from here on it exists."""
        sync_folder(self.path.parent)
        replace_file(self.path / "sweep.json", json.dumps(asdict(frozen), indent=1) + "\n")

    def read(self) -> Frozen:
        """What the sweep is.

        Raises:
            StoreError: its description is damaged, or of a newer dlcli.
        """
        path = self.path / "sweep.json"
        try:
            values = json.loads(path.read_text())
            if values["format"] > FORMAT:
                raise StoreError(f"{path}: written by a newer dlcli; update dlcli")
            known = {one.name for one in fields(Frozen)}
            return Frozen(**{key: value for key, value in values.items() if key in known})
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise StoreError(
                f"{path}: damaged ({error}), so the sweep cannot go on; its runs are kept: start "
                f"another with --name, or remove {self.path} for one of this name"
            ) from error

    def weights(self) -> dict[str, str]:
        """The files of weights that references to runs meant when they were first used."""
        with contextlib.suppress(OSError, ValueError):
            known: dict[str, str] = json.loads((self.path / "weights.json").read_text())
            return known
        return {}

    def note_weights(self, reference: str, path: str) -> dict[str, str]:
        """Have a reference mean the same file from now on; returns all that are known."""
        known = {**self.weights(), reference: path}
        replace_file(self.path / "weights.json", json.dumps(known, indent=1) + "\n")
        return known

    def trial(self, number: int) -> TrialFolder:
        """The folder of one trial, whether it is there or not."""
        return TrialFolder(self.path / "trials" / f"{number:05d}")

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write how the sweep ended."""
        replace_file(self.path / "final.json", json.dumps(summary, indent=1) + "\n")

    def final(self) -> dict[str, Any] | None:
        """How the sweep ended; None where it has not."""
        with contextlib.suppress(OSError, ValueError):
            summary: dict[str, Any] = json.loads((self.path / "final.json").read_text())
            return summary
        return None

    def reopen(self) -> None:
        """Take back that the sweep ended: more trials are to come."""
        (self.path / "final.json").unlink(missing_ok=True)


def names(root: Path) -> list[str]:
    """The sweeps of a store, by name."""
    return sorted(path.parent.name for path in (root / "sweeps").glob("*/sweep.json"))
