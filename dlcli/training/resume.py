"""Go on in a run that was stopped: same run, same record, from its last good checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytorch_lightning.callbacks import Callback

from dlcli.config.compose import Config
from dlcli.errors import CheckpointError, DataError
from dlcli.tracking.client import Recorder
from dlcli.tracking.query import RunRecord
from dlcli.tracking.run import Run
from dlcli.training.checkpoint import CheckpointFolder, load
from dlcli.training.lengthening import check_length
from dlcli.training.rank import share_artifacts
from dlcli.training.session import Session, TrainResult
from dlcli.training.train import ending
from dlcli.training.weights import check_complete, check_weights

Warn = Callable[[str], None]


def resume(
    config: Config,
    artifacts: Path,
    record: RunRecord | None,
    recorder: Recorder | None,
    root: Path,
    warn: Warn,
    quiet: bool = False,
) -> TrainResult:
    """Train on from the last good checkpoint of a run.

    Args:
        config: the run's own.
        artifacts: the run's.
        record: of the run; None, as the recorder, on the ranks that record nothing.
        recorder: started.
        root: the folder of the store.
        warn: told what makes the run differ from one that was never stopped.
        quiet: show no progress.

    Raises:
        BusyError: the run is alive.
        ConfigError: the run is to be longer than its schedule.
        CheckpointError: none is intact, or it is of another model, or not all is in it.
        DataError: the data is not what it was.
    """
    session, checkpoint = prepare(config, artifacts, root, warn, quiet)
    if recorder is None or record is None:
        return session.complete(artifacts, checkpoint)
    run = recorder.reopen_run(record.id)
    with ending(run):
        result = go_on(run, session, checkpoint)
    return replace(result, delivered=run.delivered, duration_s=session.clock.seconds())


def prepare(
    config: Config,
    artifacts: Path,
    root: Path,
    warn: Warn,
    quiet: bool = False,
    more: Sequence[Callback] = (),
) -> tuple[Session, Path | None]:
    """What is to go on, and the checkpoint to go on from; nothing is touched yet.

    Args:
        more: callbacks beside those that every run has.

    Other args and errors: those of ``resume``.
    """
    checkpoint = choose(CheckpointFolder(artifacts / "checkpoints"), warn)
    session = Session(config, root, quiet, resuming=checkpoint is not None, more=more)
    if checkpoint is not None:
        state = load(checkpoint)
        check_complete(state, checkpoint)
        check_weights(session.parts.model, state["state_dict"], checkpoint)
        before = state.get("dlcli", {})
        check_length(config, before.get("config", {}))
        check_same(session.facts, before, warn)
        session.clock.go_on_from(before.get("seconds", 0.0))
    return session, checkpoint


def go_on(run: Run, session: Session, checkpoint: Path | None) -> TrainResult:
    """Train on in a run that was opened again."""
    CheckpointFolder(run.artifacts / "checkpoints").sweep()
    session.attach(run)
    share_artifacts(run.artifacts)
    run.set_tags({"dlcli.resumed_from": checkpoint.name if checkpoint else "the beginning"})
    return session.complete(run.artifacts, checkpoint)


def finished(record: RunRecord, artifacts: Path) -> TrainResult:
    """The result of a run that ended well before."""
    folder = CheckpointFolder(artifacts / "checkpoints")
    metrics = {
        name.removeprefix("best/"): value
        for name, value in record.metrics.items()
        if name.startswith(("test/", "best/val/"))
    }
    best, last = folder.file("best"), folder.file("last")
    seconds = record.metrics.get("cost/duration_s", record.duration_s or 0.0)
    return TrainResult(record.id, record.name, record.status, metrics, best, last, seconds)


def choose(folder: CheckpointFolder, warn: Warn) -> Path | None:
    """The last checkpoint, or the newest that is intact where that one is damaged.

    None, for the beginning, where the run was stopped before its first checkpoint.

    Raises:
        CheckpointError: there were checkpoints, and none is intact.
    """
    entries = folder.entries()
    if not entries:
        warn("the run was stopped before its first checkpoint, so it starts from the beginning")
        return None
    try:
        return folder.verify("last" if "last" in entries else "best")
    except CheckpointError as error:
        intact = folder.newest_intact()
        if intact is None:
            raise
        warn(f"{error}; going on from {intact.name}")
        return intact


def check_same(facts: Mapping[str, Any], before: Mapping[str, Any], warn: Warn) -> None:
    """Compare data and package versions with those the checkpoint was made with.

    Raises:
        DataError: the data has another fingerprint.
    """
    if before.get("fingerprint", "") != facts["fingerprint"]:
        raise DataError(
            "data: it has changed since the run started (fingerprint "
            f"{before.get('fingerprint', '')[:12]}, now {facts['fingerprint'][:12]}); "
            "put the old data back, or start a new run"
        )
    old, new = before.get("versions", {}), facts["versions"]
    drift = [
        f"{name} {old.get(name, 'absent')} → {new.get(name, 'absent')}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    if drift:
        warn(f"packages have changed, so the run may not end as it would have: {', '.join(drift)}")
