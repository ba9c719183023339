"""Train a recorded run again, as a run of its own, and say whether the same came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.config.compose import Config
from dlcli.errors import CheckpointError, ConfigError, DataError
from dlcli.tracking.client import Recorder
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.query import RunRecord
from dlcli.tracking.run import Run
from dlcli.training.checkpoint import CheckpointFolder, load, write_text
from dlcli.training.original import Original, read_original
from dlcli.training.rank import share_artifacts
from dlcli.training.record import record_start
from dlcli.training.resume import Warn, finished, go_on, prepare
from dlcli.training.session import Session, TrainResult
from dlcli.training.trace import Trace, read_trace
from dlcli.training.train import ending
from dlcli.training.verdict import Verdict, judge

TAG, VERDICT = "dlcli.reproduces", "dlcli.reproduced"
# The reason for its end, which lists of runs show.
ENDS = {
    "REPRODUCED": "reproduced {}",
    "WITHIN NOISE": "within noise of {}",
    "DRIFTED": "drifted from {}",
}
# A resumed run may have been made longer, which its first configuration does not say.
LENGTHS = ("max_epochs", "max_steps")


@dataclass(frozen=True)
class Reproduction:
    """A run that was trained again.

    Args:
        result: of the new training.
        verdict: what the comparison came to.
    """

    result: TrainResult
    verdict: Verdict


class StopAfter(Callback):
    """Ends a training after a number of epochs, with the schedules of a longer one.

    Args:
        epochs: the number; None for the training's own end.
    """

    def __init__(self, epochs: int | None) -> None:
        self.epochs = epochs

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End, if this was the last."""
        if self.epochs is not None and trainer.current_epoch + 1 >= self.epochs:
            trainer.should_stop = True


@dataclass(frozen=True)
class Terms:
    """How a run is to be trained again.

    Args:
        root: the folder of the store.
        seeds: the metrics of runs of the same configuration with other seeds.
        warn: told what makes the comparison say less.
        quiet: show no progress.
        anyway: go on though the data has changed.
        code: commit and diff of the code that runs; None to ask git.
    """

    root: Path
    seeds: Sequence[Mapping[str, float]]
    warn: Warn
    quiet: bool = False
    anyway: bool = False
    code: Mapping[str, str] | None = None


def reproduce(
    config: Config,
    original: Original,
    recorder: Recorder,
    name: str,
    terms: Terms,
    weights: Path | None = None,
) -> Reproduction:
    """Train a run again, and compare.

    Args:
        config: the run's own.
        original: the run.
        recorder: started.
        name: of the new run.
        terms: how.
        weights: to start the net from.

    Raises:
        ConfigError, DataError: before anything is created.
        StoreError: the store cannot take the run.
        CheckpointError, TrainingError, Stopped: the new run is recorded as failed or killed.
    """
    use_threads_of(original)
    session = Session(config, terms.root, terms.quiet, more=[StopAfter(original.epochs)])
    check_data(session, original, terms)
    tags = {"dlcli.kind": "train", TAG: original.record.id}
    if weights is not None:
        tags["dlcli.init_from"] = session.start_from(weights)
        check_start(tags["dlcli.init_from"], original, terms)
    run = recorder.create_run(name, tags)
    with ending(run, command_for(original), original.artifacts):
        session.attach(run)
        share_artifacts(run.artifacts)
        record_start(run, config, session.parts, terms.code)
        result = session.complete(run.artifacts)
        verdict = compare(original, run, terms)
    return closed(run, session, result, verdict)


def resume_reproduction(
    config: Config, original: Original, begun: RunRecord, recorder: Recorder, terms: Terms
) -> Reproduction:
    """Go on in a reproduction that was stopped, and compare; one that is finished is compared.

    Args:
        begun: the reproduction.

    Other args and errors: those of ``reproduce``.
    """
    use_threads_of(original)
    artifacts = RunFolder(terms.root, begun.id).artifacts
    if begun.status == "FINISHED":
        copy = read_trace(artifacts.parent, complete=True)
        return Reproduction(finished(begun, artifacts), verdict_on(original, copy, terms))
    more = [StopAfter(original.epochs)]
    session, checkpoint = prepare(config, artifacts, terms.root, terms.warn, terms.quiet, more)
    run = recorder.reopen_run(begun.id)
    with ending(run, command_for(original), original.artifacts):
        result = go_on(run, session, checkpoint)
        verdict = compare(original, run, terms)
    return closed(run, session, result, verdict)


def follow(config: Config, artifacts: Path, root: Path, quiet: bool) -> None:
    """Train as one of the ranks that record nothing.

    Args:
        config: the reproduction's.
        artifacts: those of the reproduction.
        root: the folder of the store.
        quiet: show no progress.
    """
    info = RunFolder(root, artifacts.parent.name).read()
    original = read_original(root, info.tags[TAG] if info else "")
    Session(config, root, quiet, more=[StopAfter(original.epochs)]).complete(artifacts)


def closed(run: Run, session: Session, result: TrainResult, verdict: Verdict) -> Reproduction:
    """The result with what is known once the run is closed."""
    seconds = session.clock.seconds()
    return Reproduction(replace(result, delivered=run.delivered, duration_s=seconds), verdict)


def command_for(original: Original) -> str:
    """What goes on in a reproduction, with ``--resume``."""
    return f"dlcli reproduce {original.record.name}"


def use_threads_of(original: Original) -> None:
    """Let torch use as many threads as the run had, as sums depend on how they are shared out."""
    threads = original.environment.get("threads")
    if isinstance(threads, int) and threads > 0:
        torch.set_num_threads(threads)


def check_data(session: Session, original: Original, terms: Terms) -> None:
    """Compare the data with what the run was trained on.

    Raises:
        DataError: it is another, and the caller did not say to go on anyway.
    """
    before, now = original.fingerprint, str(session.facts["fingerprint"])
    if not before or not now:
        terms.warn("data: its module gives no fingerprint, so whether it has changed is not known")
        return
    if before == now:
        return
    changed = f"data: it has changed since the run (fingerprint {before[:12]}, now {now[:12]})"
    if not terms.anyway:
        raise DataError(f"{changed}; put the old data back, or compare all the same: --anyway")
    terms.warn(changed)


def check_start(copied: str, original: Original, terms: Terms) -> None:
    """Say where the net starts from other weights than the run's did."""
    before = original.record.tags.get("dlcli.init_from", "weights that were not recorded")
    if before != copied:
        terms.warn(f"model.init_from: the run started with {before}, now {copied}")


def compare(original: Original, run: Run, terms: Terms) -> Verdict:
    """Compare a reproduction that is at its end, record what comes of it, and close it."""
    verdict = verdict_on(original, read_trace(run.folder, complete=True), terms)
    write_text(run.artifacts / "reproduction.json", json.dumps(verdict.as_json(), indent=1))
    run.set_tags({VERDICT: verdict.word})
    run.finish("FINISHED", ENDS[verdict.word].format(original.record.name))
    return verdict


def verdict_on(original: Original, copy: Trace, terms: Terms) -> Verdict:
    """Compare with a reproduction, as far as the original's files are intact."""
    folder, complete = original.artifacts.parent, original.epochs is None
    try:
        before = read_trace(folder, complete)
    except CheckpointError as error:
        terms.warn(f"{error}; the weights of the best checkpoint are not compared")
        before = read_trace(folder, complete, best=False)
    return judge(before, copy, terms.seeds)


def lengthened(original: Original, config: Config) -> list[str]:
    """The overrides that make a configuration as long as the run was made when it was resumed.

    Raises:
        CheckpointError: the run's last checkpoint is damaged.
    """
    if "dlcli.resumed_from" not in original.record.tags:
        return []
    folder = CheckpointFolder(original.artifacts / "checkpoints")
    if "last" not in folder.entries():
        return []
    values = load(folder.verify("last")).get("dlcli", {}).get("config", {})
    trainer = values.get("trainer", {})
    return [
        f"trainer.{name}={trainer[name]}"
        for name in LENGTHS
        if name in trainer and trainer[name] != config.values["trainer"].get(name)
    ]


def check_resumable(record: RunRecord, original: Original) -> None:
    """Refuse (ConfigError) to go on in a run that is no reproduction of this one."""
    if record.tags.get(TAG) != original.record.id:
        raise ConfigError(
            f"--resume {record.name}: no reproduction of {original.record.name}; "
            f"dlcli train --resume {record.name} goes on in it"
        )
