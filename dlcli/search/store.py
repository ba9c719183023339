"""A study in a database: Optuna's tables, written in few and whole steps."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.errors import StoreError
from dlcli.search import database
from dlcli.search.address import file_of, with_driver
from dlcli.search.description import KEY
from dlcli.search.quiet import quiet
from dlcli.search.reading import read
from dlcli.tracking.disk import refusal, unwritable
from dlcli.tracking.folder import sync_folder
from dlcli.tracking.sqlite import locked
from dlcli.tracking.uri import redact, scrub, secrets

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial, TrialState

CONNECT_S = 20  # for a server to answer
PRUNED_AT = "pruned_at"  # the step at which a pruner ended the trial
REASON = "reason"


class Store:
    """One study of a database.

    Args:
        url: as SQLAlchemy reads it.
        name: of the study.
        wait: seconds for another program's lock.

    Raises:
        ConfigError: the URL cannot name a database, or its driver is not installed.
    """

    def __init__(self, url: str, name: str, wait: float = database.WAIT_S) -> None:
        self._url = with_driver(url)
        self._name = name
        self._patience = database.Patience(wait)
        self.path = file_of(self._url)
        self.place = str(self.path or redact(url))
        self._open: RDBStorage | None = None
        self._study = -1
        self._ids: dict[int, int] = {}  # of trials in the database, by number

    def create(self, directions: Sequence[str], description: Mapping[str, Any]) -> None:
        """Make the study, unless it is there already; a new file comes whole or not at all.

        In a file that another sweep makes at the same time, the study is made beside its own.

        Raises:
            StoreError: nothing can be written there, or what is there holds no studies.
        """
        new = self.path if self.path is not None and not self.path.exists() else None
        if new is not None and self._create_file(new, directions, description):
            return
        self._connect()
        with self._guard():
            self._make(directions, description)

    def _create_file(
        self, path: Path, directions: Sequence[str], description: Mapping[str, Any]
    ) -> bool:
        """Make the study in a new file; False where another process was first."""
        scratch = path.with_name(f".{path.name}.{uuid.uuid4().int}")  # of no other machine's
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            database.create(scratch)
            with self._guard():
                self._storage = _rdb(self._file(scratch))
                self._make(directions, description)
                self.close()
            with scratch.open("rb") as file:
                os.fsync(file.fileno())
            placed = database.place(scratch, path)
            sync_folder(path.parent)
        except OSError as error:
            raise unwritable(path.parent, error) from error
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                scratch.with_name(scratch.name + suffix).unlink(missing_ok=True)
        return placed

    def _make(self, directions: Sequence[str], description: Mapping[str, Any]) -> None:
        from optuna.exceptions import DuplicatedStudyError
        from optuna.study import StudyDirection

        named = {"min": StudyDirection.MINIMIZE, "max": StudyDirection.MAXIMIZE}
        with contextlib.suppress(DuplicatedStudyError):
            self._storage.create_new_study([named[one] for one in directions], self._name)
        study = self._storage.get_study_id_from_name(self._name)
        described = KEY in self._storage.get_study_user_attrs(study)
        if not described and not self._storage.get_n_trials(study):  # else another program's
            self._storage.set_study_user_attr(study, KEY, dict(description))

    def open(self) -> dict[str, Any]:
        """Open the study that is there; returns its description.

        Raises:
            StoreError: it is missing, damaged, locked or another program's.
        """
        self._connect()
        with self._guard():
            try:
                self._study = self._storage.get_study_id_from_name(self._name)
            except KeyError as error:
                raise StoreError(
                    f"{self.place}: holds no study called {self._name}; {database.STUDY.advice}"
                ) from error
            attributes = self._storage.get_study_user_attrs(self._study)
        if KEY not in attributes:
            raise StoreError(f"{self.place}: the study {self._name} is another program's")
        content: dict[str, Any] = attributes[KEY]
        return content

    def _connect(self) -> None:
        if self.path is not None:
            database.check(self.path, self._patience.seconds)
        with self._guard():
            self._storage = _rdb(self._file(self.path) if self.path else self._server())
            if self._storage.get_current_version() != _schema(self._storage):
                raise StoreError(
                    f"{self.place}: made by another version of Optuna; install that one, or start "
                    "another sweep with --name"
                )

    def load(self, distributions: Mapping[str, BaseDistribution]) -> list[FrozenTrial]:
        """All trials in the order of their numbers.

        Args:
            distributions: of every parameter by its name.

        Raises:
            StoreError: what there is cannot have been written by this program alone.
        """
        with self._guard(), self._storage.engine.connect() as connection:
            try:
                trials = read(connection, self._study, distributions)
            except KeyError as error:
                raise self._damaged(f"it holds {error}, which is not searched") from error
        if [trial.number for trial in trials] != list(range(len(trials))):
            raise self._damaged("its trials are not numbered 0, 1, 2 …")
        self._ids = {trial.number: trial._trial_id for trial in trials}
        return trials

    def _damaged(self, how: str) -> StoreError:
        return StoreError(f"{self.place} is damaged: {how}; {database.STUDY.advice}")

    def add(self, number: int, trial: FrozenTrial) -> None:
        """Write a whole new trial in one step.

        Raises:
            StoreError: it cannot be written, or another program wrote trials too.
        """
        with self._guard():
            added = self._storage.create_new_trial(self._study, trial)
            with contextlib.suppress(KeyError):
                found = self._storage.get_trial_id_from_study_id_trial_number(self._study, number)
                if found == added:
                    self._ids[number] = added
                    return
        raise StoreError(f"{self.place}: another program wrote to the study; end it")

    def report(
        self, number: int, step: int, value: float, attributes: Mapping[str, Any], prune: bool
    ) -> None:
        """Write what a trial reported and what was made of it.

        The value comes last, so that a step that is known was also judged.
        """
        trial = self._ids[number]
        with self._guard():
            if prune:
                self._storage.set_trial_user_attr(trial, PRUNED_AT, step)
            for key, content in attributes.items():
                self._storage.set_trial_system_attr(trial, key, content)
            self._storage.set_trial_intermediate_value(trial, step, value)

    def finish(
        self, number: int, state: TrialState, values: Sequence[float] | None, reason: str
    ) -> None:
        """Write how a trial ended."""
        trial = self._ids[number]
        with self._guard():
            if reason:
                self._storage.set_trial_user_attr(trial, REASON, reason)
            self._storage.set_trial_state_values(trial, state, values)

    def close(self) -> None:
        """Let go of the database."""
        if self._open is not None:
            self._open.remove_session()
            self._open.engine.dispose()
            self._open = None

    @property
    def _storage(self) -> RDBStorage:
        assert self._open is not None
        return self._open

    @_storage.setter
    def _storage(self, storage: RDBStorage) -> None:
        self.close()
        self._open = storage

    def _file(self, path: Path) -> dict[str, Any]:
        # The path is not part of the URL, in which braces and question marks mean something.
        return {
            "url": "sqlite:///study.db",
            "engine_kwargs": {"creator": lambda: database.connection(path, self._patience)},
            "patience": self._patience,
        }

    def _server(self) -> dict[str, Any]:
        from sqlalchemy import make_url

        url = make_url(self._url)
        arguments: dict[str, Any] = {"pool_pre_ping": True}
        if url.get_backend_name() == "postgresql":
            wait = f"-c lock_timeout={self._patience.seconds * 1000:.0f}"
            arguments["connect_args"] = {"connect_timeout": CONNECT_S, "options": wait}
        text = url.render_as_string(hide_password=False)
        # Optuna reads it as a template.
        text = text.replace("{", "{{").replace("}", "}}")
        return {"url": text, "engine_kwargs": arguments}

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Turn what a database says into what a user can do about it (StoreError)."""
        from optuna.exceptions import StorageInternalError
        from sqlalchemy.exc import SQLAlchemyError

        self._patience.renew()
        try:
            with quiet():
                yield
        except (StorageInternalError, SQLAlchemyError) as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> StoreError:
        text = str(error.__cause__ or error)
        if self.path is not None and ("locked" in text or "busy" in text):
            return locked(self.path, self._patience.seconds)
        if refused := refusal(error):
            return StoreError(f"{self.place}: {refused}")
        line = scrub(text.strip().splitlines()[0], secrets(self._url))
        return StoreError(f"{self.place}: {line}; put it right, then go on with --resume")


_schemas: list[str] = []


def _schema(storage: RDBStorage) -> str:
    """The version of the tables that this Optuna makes, which takes long to find out."""
    if not _schemas:
        _schemas.append(storage.get_head_version())
    return _schemas[0]


def _rdb(arguments: dict[str, Any]) -> RDBStorage:
    from optuna.storages import RDBStorage

    patience = arguments.pop("patience", None)
    storage = RDBStorage(**arguments, skip_compatibility_check=True)
    if patience is not None:
        database.limit_waiting(storage.engine, patience)
    return storage
