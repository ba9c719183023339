"""One attempt at a trial: train its run, from the beginning or from its last checkpoint."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlcli.config.compose import Config
from dlcli.errors import CheckpointError, ConfigError, TrainingError, UnreadableError
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.history import read_history
from dlcli.tracking.run import Run, open_run
from dlcli.training.checkpoint import CheckpointFolder, load
from dlcli.training.checkpointing import BestCheckpoint
from dlcli.training.metrics import declared, logged
from dlcli.training.outcome import Outcome, Reporter, Trial, use_threads
from dlcli.training.rank import is_first_rank, leave, share_artifacts
from dlcli.training.record import record_start
from dlcli.training.reporting import Pruned, ReportEpochs
from dlcli.training.resume import check_same, choose
from dlcli.training.score import ScoreFirst
from dlcli.training.session import Session
from dlcli.training.stopping import StopRequest
from dlcli.training.weights import check_complete

State = Mapping[str, Any]


def attempt(trial: Trial, reporter: Reporter) -> Outcome:
    """Train the run of a trial, without the test, and leave it open.

    Args:
        trial: what to train.
        reporter: told of every epoch; says when to stop.

    Raises:
        ConfigError, DataError: the configuration cannot be trained.
        TrainingError: diverged, out of memory, or an error in the user's own code.
        CheckpointError, StoreError: something cannot be written, or read.
        Stopped: a signal came; the next attempt goes on from the checkpoint.
    """
    stop = StopRequest(at_once=lambda number: None)
    stop.install()
    use_threads(trial.threads)
    first = is_first_rank()
    artifacts = RunFolder(trial.root, trial.run_id).artifacts
    start = starting_point(CheckpointFolder(artifacts / "checkpoints"), wipe=first)
    epochs = ReportEpochs(reporter if first else None)
    session = Session(trial.config, trial.root, False, start is not None, [epochs], stop)
    if start is not None:
        go_on(session, start[1])
    if not first:
        train(session, epochs, artifacts, start)
        return Outcome("pruned" if epochs.pruned else "complete")
    run = open_run(trial.root, trial.run_id)
    try:
        session.attach(run)
        session.parts.logger.score = score_first(session, run, trial.metrics)
        share_artifacts(artifacts)
        record(session, run, trial, start)
        folder = train(session, epochs, artifacts, start)
        return outcome(session, epochs, run, folder, trial.metrics)
    finally:
        run.release()
        stop.over()


def starting_point(folder: CheckpointFolder, wipe: bool) -> tuple[Path, State] | None:
    """The newest intact checkpoint and what is in it; None for the beginning.

    Args:
        folder: of the run.
        wipe: whether to remove what is of no use.

    Raises:
        UnreadableError: what is there may be of use to another process, or later.
    """
    try:
        if not folder.entries():
            return None
        path = choose(folder, warn)
        state = load(path) if path else {}
        check_complete(state, path or folder.path)
    except UnreadableError:
        raise
    except CheckpointError as error:
        warn(f"{error}; starting from the beginning")
        if wipe:
            shutil.rmtree(folder.path, ignore_errors=True)
        return None
    if wipe:
        folder.sweep()
    return (path, state) if path else None


def go_on(session: Session, state: State) -> None:
    """Prepare to train on from a checkpoint.

    Raises:
        DataError: the data is not what it was.
    """
    before = state.get("dlcli", {})
    check_same(session.facts, before, warn)
    session.clock.go_on_from(before.get("seconds", 0.0))


def record(session: Session, run: Run, trial: Trial, start: tuple[Path, State] | None) -> None:
    """Record where the run comes from, or where it goes on."""
    if trial.changed:
        run.set_tags({"dlcli.code.changed": ", ".join(trial.changed)})
    if start is not None:
        run.set_tags({"dlcli.resumed_from": start[0].name})
        return
    weights = trial.weights or named_weights(trial.config)
    if weights is not None:
        run.set_tags({"dlcli.init_from": session.start_from(weights)})
    record_start(run, trial.config, session.parts, trial.code, trial.command)


def named_weights(config: Config) -> Path | None:
    """The file of weights that the configuration names.

    Raises:
        ConfigError: it names no file.
    """
    reference = config.values["model"].get("init_from")
    if not reference:
        return None
    if not Path(reference).is_file():
        raise ConfigError(
            f"model.init_from: {reference}: no such file; a trial starts from a file of weights, "
            "such as a checkpoint below mlruns/runs/ID/artifacts/checkpoints"
        )
    return Path(reference)


def train(
    session: Session, epochs: ReportEpochs, artifacts: Path, start: tuple[Path, State] | None
) -> CheckpointFolder:
    """Fit, unless the trial was to stop before it died."""
    folder = CheckpointFolder(artifacts / "checkpoints")
    if start is not None and epochs.reporter is not None and epochs.reporter.stop_asked:
        epochs.pruned = True
        return folder
    try:
        return session.train(artifacts, start[0] if start else None)
    except Pruned:
        epochs.pruned = True
        return folder
    finally:
        session.parts.logger.release()
        leave()


def score_first(session: Session, run: Run, metrics: tuple[str, ...]) -> ScoreFirst | None:
    """What has the objective recorded first; None where nobody says which way it is better."""
    monitor, mode = session.config.values["monitor"], session.config.values["mode"]
    if mode == "auto":
        mode = (declared(session.parts.model) or {}).get(monitor)
    return ScoreFirst(metrics, monitor, mode, read_history(run.folder)) if mode else None


def outcome(
    session: Session,
    epochs: ReportEpochs,
    run: Run,
    folder: CheckpointFolder,
    metrics: tuple[str, ...],
) -> Outcome:
    """What has come of the training.

    Raises:
        TrainingError: a metric of the objective is not a number.
    """
    found = values(session, run, folder, metrics)
    found |= session.record_end(run, folder.entries().get("best"), found)
    if epochs.pruned:
        return Outcome("pruned", found, session.fit_seconds)
    wrong = [name for name in metrics if not math.isfinite(found.get(name, 0.0))]
    if wrong:
        raise TrainingError(
            f"training diverged: {wrong[0]} is {found[wrong[0]]}; "
            "lower optimizer.lr or set trainer.gradient_clip_val",
            reason="diverged",
        )
    return Outcome("complete", found, session.fit_seconds)


def values(
    session: Session, run: Run, folder: CheckpointFolder, metrics: tuple[str, ...]
) -> dict[str, float]:
    """The metrics at the best checkpoint, or the last ones where none is kept.

    Of the training only those of the objective.
    """
    trainer = session.parts.trainer
    best = folder.entries().get("best")
    if best is None:
        last = {name: points[-1][1] for name, points in read_history(run.folder).items() if points}
        return {**last, **logged(trainer)}
    watched = [one for one in trainer.callbacks if isinstance(one, BestCheckpoint)]  # type: ignore[attr-defined]
    scores = {one.monitor: one.value for one in watched if one.value is not None}
    asked = {k: v for k, v in best.metrics.items() if k.startswith("val/") or k in metrics}
    return asked | scores


def warn(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr, flush=True)
