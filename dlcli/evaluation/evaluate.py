"""Evaluate the checkpoints of recorded runs on a split, and record that beside the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dlcli.errors import ConfigError
from dlcli.evaluation.alike import check_alike, check_once
from dlcli.evaluation.answers import is_asked
from dlcli.evaluation.member import Member, measured, restored
from dlcli.evaluation.predictions import write_predictions
from dlcli.evaluation.record import EvaluateResult, Found, record
from dlcli.evaluation.request import Request
from dlcli.evaluation.together import check_averaging, ensemble, scores, with_views
from dlcli.evaluation.views import check_views
from dlcli.tracking.client import Recorder
from dlcli.tracking.names import told_apart
from dlcli.training.source import Source

ENSEMBLE = "ensemble"


def evaluate(
    sources: Sequence[Source], request: Request, recorder: Recorder, root: Path
) -> EvaluateResult:
    """Rebuild data and model from a run's configuration, and measure its checkpoint.

    Args:
        sources: what to evaluate; several answer together, as an ensemble.
        request: how.
        recorder: started; records the evaluation as a child of the run, that of an ensemble as a
            run of its own.
        root: the folder of the store.

    Raises:
        ConfigError, DataError, CheckpointError, TrainingError, Stopped: before anything is created.
        StoreError: the store cannot take the record, or the predictions cannot be written.
    """
    members: list[Member] = []
    for source in sources:
        members.append(restored(source, request, root, members))
    check(members, request)
    members = [measured(member, request.split) for member in members]
    found = together(members, request)
    if request.predictions is not None:
        write(found.member, request.predictions)
    return record(found, members, request, recorder)


def check(members: Sequence[Member], request: Request) -> None:
    """Refuse (ConfigError) what cannot be asked of these members, before any of them runs."""
    first = members[0]
    if len(members) > 1:
        check_once(members)
        for member in members:
            check_averaging(member, f"RUN {member.source.name}")
        for member in members[1:]:
            check_alike(first, member, request.split)
    if request.tta:
        if len(members) > 1:
            raise ConfigError("--tta: of one RUN only; leave it out, or name one RUN")
        check_averaging(first, "--tta")
        check_views(request.tta, first.spec)
    if request.predictions is not None and not is_asked(first.model, first.spec):
        raise ConfigError(
            f"--predictions: {type(first.model).__name__} predicts no class and no value of an "
            "example, so there is nothing to write"
        )


def write(member: Member, path: Path) -> None:
    """Write what is predicted for each example.

    Raises:
        ConfigError: the model's ``predict_step`` gives no such answers.
        StoreError: the disk is full or read-only.
    """
    if member.answers is None:
        spec = member.spec
        each = "a logit for each class" if spec.target == "class" else "the values"
        raise ConfigError(
            f"--predictions {path}: predict_step of {type(member.model).__name__} must return "
            f"(outputs, targets) of its batch, outputs of shape (B, {spec.outputs}) with {each}"
        )
    write_predictions(member.answers, member.spec, path)


def together(members: Sequence[Member], request: Request) -> Found:
    """What the members answer as one, and the metrics of it beside theirs."""
    first, split = members[0], request.split
    if len(members) > 1:
        whole = ensemble(members, split)
        sources = [member.source for member in members]
        ids = [source.run_id or "" for source in sources]
        names = told_apart([source.name for source in sources], ids, [ENSEMBLE])
        parts = dict(zip(names, (member.metrics for member in members), strict=True))
        return Found(whole, dict(whole.metrics), {ENSEMBLE: whole.metrics, **parts}, ENSEMBLE)
    if not request.tta:
        return Found(first, dict(first.metrics))
    answers = with_views(first, request.tta, split)
    views = scores(first, answers, split)
    added = {name.replace("/", "/tta_", 1): value for name, value in views.items()}
    beside = {"as it is": first.metrics, f"with {','.join(request.tta)}": views}
    whole = replace(first, answers=answers)
    return Found(whole, {**first.metrics, **added}, beside, "tta")
