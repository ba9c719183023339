"""Start what a command needs side by side: the recorder process, and the import of torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dlcli.cli import output
from dlcli.cli.interrupt import importing
from dlcli.config.redact import gives_secret, redact_override
from dlcli.config.store import store_root
from dlcli.errors import CheckpointError, ConfigError
from dlcli.training.rank import is_first_rank
from dlcli.training.waiting import settle

if TYPE_CHECKING:
    from dlcli.config.compose import Config
    from dlcli.tracking.client import Recorder
    from dlcli.tracking.query import RunRecord
    from dlcli.tracking.settings import MLflow, NoTracking
    from dlcli.training.session import TrainResult

# What a resumed run may change without becoming another run: groups, and where its data is.
RESUMABLE = ("trainer.", "callbacks.", "tracking")
MOVABLE = ("data.root", "data.path", "data.train", "data.val", "data.test", "data.device")
# How files of weights are called.
WEIGHTS = (".ckpt", ".pt", ".pth", ".bin")


@contextmanager
def recording(config: Config) -> Iterator[Recorder | None]:
    """A recorder that gets ready while torch is imported; None on ranks that record nothing."""
    from dlcli.config.instantiate import instantiate

    if not is_first_rank():
        yield None
        return
    with recording_to(instantiate(config.values["tracking"], config.allow)) as recorder:
        yield recorder


@contextmanager
def recording_to(settings: MLflow | NoTracking) -> Iterator[Recorder]:
    """A recorder for a store, closed at the end; what it has to say is shown."""
    from dlcli.tracking.client import Recorder

    settle()
    recorder = Recorder.start(settings, store_root())
    try:
        yield recorder
    finally:
        recorder.close()
        output.warn(recorder.notices)


def run_training(config: Config, name: str | None, quiet: bool) -> TrainResult | None:
    """Train a new run; returns None on the ranks that have nothing to show.

    Raises:
        DlcliError: whatever stops it, after the run is recorded truly.
    """
    from dlcli.config.instantiate import check_signatures
    from dlcli.tracking.names import check_name
    from dlcli.training.startup import import_lightning

    if name is not None:
        check_name(name)
    with recording(config) as recorder:
        with importing():
            import_lightning()
            from dlcli.training.train import train
        check_signatures(config)
        weights = initial_weights(config.values["model"].get("init_from"), recorder)
        result = train(config, recorder, store_root(), name, quiet, weights)
    return result if recorder else None


def resume_training(
    config: Config, reference: str, overrides: Sequence[str], quiet: bool
) -> TrainResult | None:
    """Go on in a run; returns None on the ranks that have nothing to show.

    Args:
        config: composed from the overrides; only its tracking is used, to find the run.
        reference: a RUN.
        overrides: what is to change of the run's own configuration.
        quiet: show no progress.

    Raises:
        DlcliError: whatever stops it, after the run is recorded truly.
    """
    refused = [text for text in overrides if not changes_nothing(text)]
    if refused:
        raise ConfigError(
            f"override {redact_override(refused[0])}: would make it another run; with --resume "
            f"only {', '.join((*RESUMABLE, *MOVABLE))} and secrets may change"
        )
    changes = [text for text in overrides if not text.startswith("tracking")]
    from dlcli.config.recorded import from_record
    from dlcli.training.rank import shared_artifacts
    from dlcli.training.startup import import_lightning

    with recording(config) as recorder:
        with importing():
            import_lightning()
            from dlcli.training.resume import finished, resume

        if recorder:
            refuse_trial(recorder.find(reference))
        record = find(recorder, reference) if recorder else None
        artifacts = artifacts_of(record) if record else shared_artifacts()
        if record and record.status == "FINISHED" and all(map(gives_secret, changes)):
            output.warn([f"run {record.name} is finished; there is nothing to resume"])
            return finished(record, artifacts)
        if record:
            refuse_removed(record)
        own = from_record(artifacts, changes, config.allow)
        result = resume(own, artifacts, record, recorder, store_root(), _warn, quiet)
    return result if recorder else None


def refuse_trial(record: RunRecord) -> None:
    """Refuse (ConfigError) to go on in a trial beside the sweep that waits for it."""
    sweep = record.tags.get("dlcli.sweep")
    if record.tags.get("dlcli.kind") == "trial" and record.status != "FINISHED":
        raise ConfigError(
            f"--resume {record.name}: a trial of the sweep {sweep}; dlcli sweep --resume {sweep}"
        )


def refuse_removed(record: RunRecord) -> None:
    """Refuse (CheckpointError) a trial whose checkpoints its sweep has removed."""
    if record.tags.get("dlcli.checkpoints") != "removed" or record.folder is None:
        return
    sweep = record.tags.get("dlcli.sweep")
    config = output.shortened(artifacts_of(record) / "config.yaml")
    raise CheckpointError(
        f"RUN {record.name}: its checkpoints are gone, as the sweep {sweep} keeps those of its "
        "best trials alone (search.keep_checkpoints); train it again: "
        f"dlcli train --config {config}"
    )


def changes_nothing(override: str) -> bool:
    """Whether a resumed run stays the run that it was."""
    text = override.lstrip("+~")
    return text.startswith(RESUMABLE) or text.partition("=")[0] in MOVABLE or gives_secret(override)


def initial_weights(reference: str | None, recorder: Recorder | None) -> Path | None:
    """The file of weights that ``model.init_from`` means: a file, or a run's best checkpoint.

    Raises:
        ConfigError: it means no file and no run, or several runs.
        CheckpointError: the run has no checkpoint, or it is damaged.
    """
    if not reference or recorder is None:
        return None
    path = Path(reference)
    if path.suffix in WEIGHTS or path.is_file():
        return path
    from dlcli.training.checkpoint import CheckpointFolder

    record = find(recorder, reference)
    refuse_removed(record)
    folder = CheckpointFolder(artifacts_of(record) / "checkpoints")
    return folder.verify("best" if "best" in folder.entries() else "last")


class Finder(Protocol):
    """Whoever knows what a RUN means."""

    def find(self, reference: str) -> RunRecord:
        """The run; ConfigError where it is none, or several."""


def find(recorder: Finder, reference: str) -> RunRecord:
    """The run that a RUN means, whose folder is here.

    Raises:
        ConfigError: it means none or several, or was recorded elsewhere.
    """
    record = recorder.find(reference)
    if record.tags.get("dlcli.kind") == "sweep":
        best = record.tags.get("dlcli.best.run_id", "")
        advice = f"its best trial is {best[:8]}" if best else "it has no best trial yet"
        raise ConfigError(f"RUN {reference}: a sweep, whose trials have the checkpoints; {advice}")
    if record.folder is None or not (artifacts_of(record) / "config.yaml").is_file():
        raise ConfigError(
            f"RUN {reference}: run {record.name} was recorded elsewhere, and its folder is not "
            "here; run this where it is"
        )
    return record


def artifacts_of(record: RunRecord) -> Path:
    """Where a run keeps its configuration, checkpoints and figures."""
    assert record.folder is not None
    return record.folder / "artifacts"


def _warn(message: str) -> None:
    output.warn([message])
