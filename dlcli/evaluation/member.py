"""A recorded model beside the data it is measured on, and what it answers there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lightning_fabric.utilities.seed import seed_everything
from pytorch_lightning import LightningDataModule, LightningModule, Trainer

from dlcli.config.compose import Config
from dlcli.data.spec import DataSpec
from dlcli.evaluation.answers import Answers, Listening, is_asked, joined
from dlcli.evaluation.calibration import expected_error
from dlcli.evaluation.other_data import check_other, fitted_for, seen_before
from dlcli.evaluation.request import Request
from dlcli.training.changes import Split, differences
from dlcli.training.checkpoint import load
from dlcli.training.experiment import build_data, build_model
from dlcli.training.failure import failures_explained
from dlcli.training.measure import measure, one_device_trainer, split_loader
from dlcli.training.source import Source
from dlcli.training.weights import restore


@dataclass(frozen=True)
class Member:
    """What is evaluated.

    Args:
        source: the run or the file that it comes from.
        step: of the optimizer, at its checkpoint.
        trained: the fingerprint of the data that it was trained on; empty where not known.
        data: set up.
        spec: of the data.
        model: restored from the checkpoint.
        listening: to what the model answers.
        trainer: on one device, with ``listening``; it writes nothing.
        warnings: why the metrics may not be those of the run.
        metrics: named ``SPLIT/quantity``.
        answers: to each example, where the model gives logits or values.
        recorded: what the run says of its own data, in the place of which there may be other.
    """

    source: Source
    step: int
    trained: str
    data: LightningDataModule
    spec: DataSpec
    model: LightningModule
    listening: Listening
    trainer: Trainer
    warnings: list[str]
    metrics: Mapping[str, float]
    answers: Answers | None = None
    recorded: Any = None

    @property
    def allow(self) -> tuple[str, ...]:
        """Packages of the user's own whose code may run."""
        return self.source.config.allow


def restored(source: Source, request: Request, root: Path, before: Sequence[Member] = ()) -> Member:
    """Rebuild data and model from a run's configuration, with the weights of its checkpoint.

    Args:
        source: the run or the file.
        request: how to evaluate it.
        root: the folder of the store.
        before: members whose data can be used again.

    Raises:
        ConfigError, DataError: the data cannot be used, or is not of the run's kind.
        CheckpointError: the checkpoint is of another model.
    """
    config = source.config
    seed_everything(config.values["seed"], workers=True, verbose=False)
    checkpoint = load(source.checkpoint)
    facts = checkpoint.get("dlcli", {})
    fitted = fitted_for(config, facts) if request.other else facts.get("fitted")
    known = [one for one in before if is_of(one, config, facts)]
    data, spec = (
        (known[0].data, known[0].spec)
        if known
        else build_data(config.values["data"], config.allow, fitted)
    )
    if request.other:
        check_other(" ".join(request.other), facts.get("spec", {}), spec)
    model = build_model({**config.values, "compile": False}, spec, config.allow)
    restore(model, checkpoint["state_dict"], source.checkpoint)
    if request.other:
        told = seen_before(facts.get("fitted") or {}, data, request.split)
    else:
        told = differences(checkpoint, data, request.split, config.overrides)
    listening = Listening(spec)
    trainer = one_device_trainer(config, request.split, root, listening)
    step = int(checkpoint.get("global_step", 0))
    trained = str(facts.get("fingerprint", ""))
    own = recorded(facts)
    return Member(
        source, step, trained, data, spec, model, listening, trainer, told, {}, recorded=own
    )


def is_of(member: Member, config: Config, facts: Mapping[str, Any]) -> bool:
    """Whether a member's data is that of another run, and fitted on the same examples."""
    same = member.source.config.values["data"] == config.values["data"]
    same = same and member.recorded == recorded(facts)
    return same and bool(member.trained) and member.trained == facts.get("fingerprint")


def recorded(facts: Mapping[str, Any]) -> Any:
    """The run's own configuration of its data."""
    return facts.get("config", {}).get("data")


def measured(member: Member, split: Split) -> Member:
    """With its metrics, and its answers from the same pass over the data if it can be.

    Beside what the model logs, ``SPLIT/ece`` is the expected calibration error of classes.
    """
    data, model, trainer = member.data, member.model, member.trainer
    with failures_explained(data, member.allow):
        metrics = measure(trainer, model, data, split)
        answers = member.listening.answers()
        if answers is None and is_asked(model, member.spec):
            answers = answered(member, split_loader(data, split))
    if answers is not None and member.spec.target == "class":
        metrics[f"{split}/ece"] = expected_error(answers)
    return replace(member, metrics=metrics, answers=answers)


def answered(member: Member, loader: Any) -> Answers | None:
    """The answers from a pass of their own; None where ``predict_step`` gives something else."""
    outputs = member.trainer.predict(member.model, dataloaders=loader) or []
    return joined(outputs, member.spec)
