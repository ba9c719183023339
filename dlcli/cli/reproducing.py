"""Find a run to reproduce, train it again in this process, and note what is not as it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.cli.interrupt import importing
from dlcli.cli.reproduce_code import CODE
from dlcli.config.store import store_root
from dlcli.errors import BusyError, ConfigError

if TYPE_CHECKING:
    from dlcli.config.compose import Config
    from dlcli.tracking.client import Recorder
    from dlcli.tracking.query import RunRecord
    from dlcli.tracking.settings import MLflow, NoTracking
    from dlcli.training.original import Original
    from dlcli.training.reproduce import Reproduction

KINDS = ("train", "trial")
# What may differ and still be the same run: where its data is, and what it computes on.
MOVABLE = ("data.root", "data.path", "data.train", "data.val", "data.test", "data.device")
COMPUTING = ("trainer.accelerator", "trainer.devices", "trainer.precision", "trainer.strategy")


@dataclass(frozen=True)
class Request:
    """What the user asks of a reproduction.

    Args:
        settings: of the store.
        changes: overrides.
        allow: packages of the user's own.
        name: of the new run; one is made from the original's where there is none.
        resume: a RUN to go on in.
        anyway: whether to go on though the data has changed.
        quiet: whether to show no progress.
    """

    settings: MLflow | NoTracking
    changes: Sequence[str] = ()
    allow: Sequence[str] = ()
    name: str | None = None
    resume: str | None = None
    anyway: bool = False
    quiet: bool = False


def check_changes(changes: Sequence[str]) -> None:
    """Refuse (ConfigError) an override that would make it another run."""
    from dlcli.config.redact import gives_secret, redact_override

    for text in changes:
        key = text.lstrip("+~").partition("=")[0]
        if not (key in (*MOVABLE, *COMPUTING) or gives_secret(text)):
            raise ConfigError(
                f"override {redact_override(text)}: would make it another run; in a reproduction "
                f"only {', '.join((*COMPUTING, *MOVABLE))}, tracking and secrets may change"
            )


def find(reference: str, settings: MLflow | NoTracking) -> RunRecord:
    """The training that a RUN means, whose record is here.

    Raises:
        ConfigError: it means none or several, or no single training.
        BusyError: it is still being trained.
        StoreError: the store cannot be read.
    """
    from dlcli.tracking import query

    record = query.find(settings, store_root(), reference)
    check_reproducible(record)
    return record


def check_reproducible(record: RunRecord) -> None:
    """Refuse what is no single training whose record is here.

    Raises:
        ConfigError: with what to reproduce instead.
        BusyError: it is still being trained.
    """
    kind = record.tags.get("dlcli.kind", "train")
    if kind == "sweep":
        best = record.tags.get("dlcli.best.run_id", "")
        advice = f"the best is {best[:8]}" if best else "see dlcli runs --trials"
        raise ConfigError(f"RUN {record.name}: a sweep; reproduce one of its trials, {advice}")
    if kind == "evaluate":
        origin = f": {record.parent_id}" if record.parent_id else ""
        raise ConfigError(f"RUN {record.name}: an evaluation; reproduce the run it is of{origin}")
    if kind not in KINDS:
        raise ConfigError(f"RUN {record.name}: of the kind {kind}; only a training is reproduced")
    if record.folder is None or not (record.folder / "artifacts" / "config.yaml").is_file():
        raise ConfigError(
            f"RUN {record.name}: recorded elsewhere, and its folder is not here; "
            "run this where it is"
        )
    _refuse_alive(record)


def _refuse_alive(record: RunRecord) -> None:
    from dlcli.tracking.folder import RunFolder

    assert record.folder is not None
    owner = RunFolder(record.folder.parent.parent, record.id).owner
    if record.status == "RUNNING" and owner is not None and owner.lives():
        raise BusyError(f"RUN {record.name}: still being trained by {owner}; wait for its end")


def train_again(original: Original, asked: Request) -> tuple[Reproduction, list[str]]:
    """Train a run again; returns what came of it, and what may make it differ.

    Raises:
        DlcliError: whatever stops it, after the new run is recorded truly.
    """
    from dlcli.cli.running import recording_to
    from dlcli.config.instantiate import check_signatures
    from dlcli.training.startup import import_lightning

    with recording_to(asked.settings) as recorder:
        with importing():
            import_lightning()
            import dlcli.training.reproduce  # noqa: F401
        begun = None if asked.resume is None else recorder.find(asked.resume)
        config = own_config(original, begun, asked)
        notes = differences(original, config)
        output.warn(notes)
        check_signatures(config)
        return train(original, config, begun, recorder, asked), notes


def train(
    original: Original,
    config: Config,
    begun: RunRecord | None,
    recorder: Recorder,
    asked: Request,
) -> Reproduction:
    """Train in a new run, or on in one that was begun."""
    from dlcli.cli.running import initial_weights
    from dlcli.tracking import query
    from dlcli.training.noise import other_seeds
    from dlcli.training.reproduce import Terms, reproduce, resume_reproduction

    records = query.list_runs(asked.settings, store_root())
    seeds = [one.metrics for one in other_seeds(original.record, records)]
    code = original.code if CODE in os.environ else None
    terms = Terms(store_root(), seeds, _warn, asked.quiet, asked.anyway, code)
    if begun is not None:
        return resume_reproduction(config, original, begun, recorder, terms)
    name = asked.name or new_name(original.record.name, {one.name for one in records})
    weights = initial_weights(config.values["model"].get("init_from"), recorder)
    return reproduce(config, original, recorder, name, terms, weights)


def own_config(original: Original, begun: RunRecord | None, asked: Request) -> Config:
    """The configuration of the run, or of the reproduction that was begun.

    Raises:
        ConfigError: its record is damaged, a change is wrong, or a secret is not given.
    """
    from dlcli.config.recorded import from_record
    from dlcli.training.reproduce import check_resumable, lengthened

    if begun is not None:
        check_resumable(begun, original)
        artifacts = store_root() / "runs" / begun.id / "artifacts"
        return from_record(artifacts, asked.changes, asked.allow)
    config = from_record(original.artifacts, asked.changes, asked.allow)
    longer = lengthened(original, config)
    if not longer:
        return config
    return from_record(original.artifacts, [*longer, *asked.changes], asked.allow)


def differences(original: Original, config: Config) -> list[str]:
    """What of packages, device and trainer is not as it was."""
    import torch

    from dlcli.training.record import environment_now
    from dlcli.training.surroundings import changes, computing

    before = original.trainer
    now = config.values["trainer"]
    gpu = torch.cuda.is_available() and now.get("accelerator") != "cpu"
    return [*changes(original.environment, environment_now()), *computing(before, now, gpu)]


def follow_first_rank(asked: Request) -> None:
    """Train as one of the processes that record nothing."""
    from dlcli.config.recorded import from_record
    from dlcli.training.rank import shared_artifacts
    from dlcli.training.startup import import_lightning

    import_lightning()
    from dlcli.training.reproduce import follow

    config = from_record(shared_artifacts(), asked.changes, asked.allow)
    follow(config, shared_artifacts(), store_root(), asked.quiet)


def new_name(name: str, taken: set[str]) -> str:
    """A name that tells which run is reproduced, and that no run has."""
    base = f"{name[:80]}-reproduced"
    numbered = (f"{base}-{number}" for number in count(2))
    return base if base not in taken else next(one for one in numbered if one not in taken)


def _warn(message: str) -> None:
    output.warn([message])
