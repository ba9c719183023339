"""An MLflow store: opened with care, and every call to it."""

from __future__ import annotations

import getpass
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.errors import ConfigError, StoreError
from dlcli.tracking import disk, sqlite
from dlcli.tracking.folder import make_root
from dlcli.tracking.probe import Probe, refusal
from dlcli.tracking.template import empty_store
from dlcli.tracking.uri import Target, scrub, secrets

if TYPE_CHECKING:
    from mlflow.entities import Run as StoredRun
    from mlflow.tracking import MlflowClient


class Store:
    """A store that may not exist yet, may be down, and may come back.

    Args:
        target: where it is.
        experiment: the name of the experiment that runs are recorded in.
        root: the folder of the runs.
    """

    def __init__(self, target: Target, experiment: str, root: Path) -> None:
        self.target = target
        self.experiment = experiment
        self.root = root
        self.notify: Callable[[str], None] = lambda line: None
        self._probe: Probe | None = Probe(target)
        self._looked = False
        self._schema: str | None = None
        self._scratch: Path | None = None
        self._built: Path | None = None
        self._client: MlflowClient | None = None
        self._experiment_id: str | None = None

    def prepare(self) -> None:
        """Do what takes long and changes nothing: import MLflow, make a new database aside."""
        self._look()
        from mlflow.tracking import MlflowClient  # noqa: F401 - for its time

        if self.target.path is not None and not self.target.path.exists():
            self._build()

    def _look(self) -> None:
        """See that the store can be used, before anything is imported or made.

        Raises:
            StoreError: it cannot.
        """
        self._probe = self._probe or Probe(self.target)
        self._probe.check()
        path = self.target.path
        self._schema = None
        if path is not None and path.exists():
            if sqlite.is_locked(path):
                self.notify(
                    f"{path} is locked by another program; waiting up to {sqlite.WAIT_S:.0f} s"
                )
            self._schema = sqlite.check(path)
        elif path is not None:
            disk.check_writable(path.parent)
        self._looked = True

    def _build(self) -> Path:
        if self._built is None:
            self._built = empty_store(self._aside())
        return self._built

    def _aside(self) -> Path:
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="dlcli-store-"))
        return self._scratch

    @property
    def client(self) -> MlflowClient:
        if self._client is None:
            self.open()
        assert self._client is not None
        return self._client

    def open(self) -> None:
        """Connect, making what is missing; nothing happens where that was done.

        Raises:
            StoreError: the store cannot be used; the message says what to do.
        """
        if self._client is not None:
            return
        try:
            if not self._looked:
                self._look()
        finally:
            # the next time asks anew
            self._probe, self._looked = None, False
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        if self.target.path is not None:
            self._open_sqlite(self.target.path)
        try:
            client = MlflowClient(self.target.uri, registry_uri=self.target.uri)
            self._experiment_id = self._find_experiment(client)
        except MlflowException as error:
            raise self.refuse(error) from error
        except ImportError as error:
            raise refusal(self.target, f"needs a driver ({error})") from error
        self._client = client

    def close(self) -> None:
        """Remove what was made aside and is not needed any more."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch = self._built = None

    def refuse(self, error: Exception) -> StoreError:
        """The refusal for an error of MLflow, free of credentials."""
        text = scrub(str(error), secrets(self.target.uri)).strip()
        short = text.splitlines()[0][:300] if text else type(error).__name__
        if "out-of-date database schema" in text:
            return StoreError(
                f"{self.target.shown} has the schema of another MLflow; back it up, then: "
                f"mlflow db upgrade {self.target.shown}"
            )
        if self.target.path is not None and "locked" in text:
            return sqlite.locked(self.target.path, sqlite.WAIT_S)
        if (refused := disk.refusal(error)) is not None:
            return StoreError(f"{self.target.shown}: {refused}")
        return refusal(self.target, f"cannot be used ({short})")

    def _open_sqlite(self, path: Path) -> None:
        if not path.exists():
            if self.target.local:
                make_root(self.root)
            sqlite.install(self._build(), path)
        self.close()
        sqlite.check_schema(path, self._schema or sqlite.check(path))
        if self.target.local:
            make_root(self.root)
            sqlite.relocate(path, self._artifacts())

    def _artifacts(self) -> str:
        return (self.root.absolute() / "runs").as_uri()

    def _find_experiment(self, client: MlflowClient) -> str:
        from mlflow.exceptions import MlflowException

        location = self._artifacts() if self.target.path else None
        found = client.get_experiment_by_name(self.experiment)
        if found is None:
            try:
                return str(client.create_experiment(self.experiment, artifact_location=location))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                found = client.get_experiment_by_name(self.experiment)
        assert found is not None
        if found.lifecycle_stage == "deleted":
            raise ConfigError(
                f"tracking.experiment: {self.experiment!r} is deleted in {self.target.shown}; "
                f"choose another, or: mlflow experiments restore --experiment-id "
                f"{found.experiment_id}"
            )
        return str(found.experiment_id)

    def create_run(self, name: str, start: int, tags: Mapping[str, str]) -> StoredRun:
        """A new run, RUNNING since ``start`` (milliseconds since 1970)."""
        own = {"mlflow.source.name": "dlcli", "mlflow.source.type": "LOCAL"} | _user()
        client = self.client
        return client.create_run(
            self._experiment_id, start_time=start, tags=own | dict(tags), run_name=name
        )

    def log(
        self,
        run_id: str,
        metrics: Sequence[tuple[str, float, int, int]],
        params: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> None:
        """Record one batch; recording it again changes nothing.

        Args:
            metrics: name, value, milliseconds since 1970, step.
        """
        from mlflow.entities import Metric, Param, RunTag

        self.client.log_batch(
            run_id,
            [Metric(*metric) for metric in metrics],
            [Param(*param) for param in params.items()],
            [RunTag(*tag) for tag in tags.items()],
            synchronous=True,
        )

    def set_status(self, run_id: str, status: str, reason: str, time: int) -> None:
        """Record how a run ended, or that it goes on."""
        self.client.set_tag(run_id, "dlcli.reason", reason[:8000])
        if status == "RUNNING":
            self.client.update_run(run_id, status=status)
        else:
            self.client.set_terminated(run_id, status, time)

    def find_linked(self, run_id: str) -> str | None:
        """The id of a run that was created to stand for the local run ``run_id``."""
        runs = self.client.search_runs(
            [self._experiment_id], f"tags.`dlcli.run_id` = '{run_id}'", max_results=1
        )
        return runs[0].info.run_id if runs else None

    def find_started(self, name: str, start: int) -> str | None:
        """The id of a run by its name and the millisecond it was started in."""
        name = name.replace("'", "")
        runs = self.client.search_runs(
            [self._experiment_id],
            f"attributes.run_name = '{name}' and attributes.start_time = {start}",
            max_results=1,
        )
        return runs[0].info.run_id if runs else None

    def search(self) -> Iterator[StoredRun]:
        """The active runs of the experiment."""
        token = None
        while True:
            page = self.client.search_runs(
                [self._experiment_id], max_results=1000, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return

    def experiments(self) -> list[str]:
        """The names of the experiments; makes none.

        Raises:
            StoreError: the store cannot be used.
        """
        Probe(self.target).check()
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        try:
            client = MlflowClient(self.target.uri, registry_uri=self.target.uri)
            return [one.name for one in client.search_experiments()]
        except MlflowException as error:
            raise self.refuse(error) from error

    def delete(self, run_id: str) -> None:
        """Take a run out of sight, as `mlflow runs delete` does."""
        self.client.delete_run(run_id)

    def is_deleted(self, run_id: str) -> bool:
        """Whether a person deleted the run; False where the store does not say."""
        from mlflow.exceptions import MlflowException

        try:
            return bool(self.client.get_run(run_id).info.lifecycle_stage == "deleted")
        except MlflowException:
            return False

    def upload(self, run_id: str, folder: Path, without: str = "") -> None:
        """Copy a folder of artifacts to where the store keeps them, but for one folder in it."""
        self.client.set_tag(run_id, "artifacts", "pending")
        for path in sorted(folder.iterdir()):
            if path.is_dir() and path.name != without:
                self.client.log_artifacts(run_id, str(path), path.name)
            elif path.is_file():
                self.client.log_artifact(run_id, str(path))
        self.client.delete_tag(run_id, "artifacts")


def _user() -> dict[str, str]:
    try:
        return {"mlflow.user": getpass.getuser()}
    except (OSError, KeyError):  # a user id without a name, as in many containers
        return {}


def old_file_store(root: Path) -> str | None:
    """A line about the runs of an old MLflow in ``root``; None where there are none."""
    if not root.is_dir():
        return None
    old = [path for path in root.iterdir() if re.fullmatch(r"\d+", path.name)]
    if not any((path / "meta.yaml").is_file() for path in old):
        return None
    return (
        f"{root} holds runs of an older MLflow, which are not shown; bring them over: "
        f"mlflow migrate-filestore --source {root} --target sqlite:///{root.absolute()}/old.db"
    )
