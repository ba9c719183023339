"""Evaluate a recorded run's checkpoint on a split, and record that beside the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lightning_fabric.utilities.seed import seed_everything
from pytorch_lightning import LightningDataModule

from dlcli.evaluation.answers import Listening, is_asked, predicted
from dlcli.evaluation.case import Case
from dlcli.evaluation.showing import show
from dlcli.tracking.client import Recorder
from dlcli.training.changes import Split, differences
from dlcli.training.checkpoint import load
from dlcli.training.experiment import build_data, build_model
from dlcli.training.failure import failures_explained
from dlcli.training.measure import measure, one_device_trainer
from dlcli.training.source import Source
from dlcli.training.train import ending
from dlcli.training.weights import restore


@dataclass(frozen=True)
class EvaluateResult:
    """What an evaluation found.

    Args:
        run_id: of the evaluation's own record.
        run_name: of the same.
        source_run_id: of the run evaluated; None for a checkpoint without one.
        split: the split evaluated on.
        metrics: named ``SPLIT/quantity``.
        artifacts: what was recorded, as paths below ``folder``.
        folder: the record's artifacts.
        warnings: why the metrics may not be those of the run.
    """

    run_id: str
    run_name: str
    source_run_id: str | None
    split: Split
    metrics: dict[str, float]
    artifacts: list[str]
    folder: Path
    warnings: list[str]


def evaluate(
    source: Source, split: Split, recorder: Recorder, root: Path, name: str | None = None
) -> EvaluateResult:
    """Rebuild data and model from a run's configuration, and measure its checkpoint.

    Args:
        source: what to evaluate.
        split: on which part of the data.
        recorder: started; records the evaluation as a child of the run.
        root: the folder of the store.
        name: of the evaluation; else it is named after the run and the split.

    Raises:
        ConfigError, DataError, CheckpointError, TrainingError, Stopped: before anything is created.
        StoreError: the store cannot take the record.
    """
    config = source.config
    seed_everything(config.values["seed"], workers=True, verbose=False)
    checkpoint = load(source.checkpoint)
    fitted = checkpoint.get("dlcli", {}).get("fitted")
    data, spec = build_data(config.values["data"], config.allow, fitted)
    model = build_model({**config.values, "compile": False}, spec, config.allow)
    restore(model, checkpoint["state_dict"], source.checkpoint)
    warnings = differences(checkpoint, data, split, config.overrides)
    listening = Listening(spec)
    with failures_explained(data, config.allow):
        trainer = one_device_trainer(config, split, root, listening)
        metrics = measure(trainer, model, data, split)
        answers = listening.answers()
        if answers is None and is_asked(model, spec):
            answers = predicted(trainer, model, data, spec, split)
    tags = {"dlcli.kind": "evaluate", "dlcli.split": split}
    run = recorder.create_run(name or f"{source.name[:90]}-{split}", tags, source.run_id)
    with ending(run), failures_explained(data, config.allow):
        run.set_tags(marks(source, data))
        seed = config.values["seed"]
        case = Case(model, data, spec, split, trainer, run.artifacts, seed, answers)
        shown = show(case)
        metrics |= shown.metrics
        run.log_metrics(metrics, step=int(checkpoint.get("global_step", 0)))
    return EvaluateResult(
        run.id, run.name, source.run_id, split, metrics, shown.files, run.artifacts, warnings
    )


def marks(source: Source, data: LightningDataModule) -> dict[str, str]:
    """What tells an evaluation from another of the same run."""
    choices = source.config.choices
    return {
        "dlcli.checkpoint": source.checkpoint.name,
        "dlcli.overrides": " ".join(source.config.overrides),
        "dlcli.data.fingerprint": str(getattr(data, "fingerprint", "")),
        **{f"dlcli.choice.{group}": option for group, option in choices.items()},
    }
