"""Evaluate a recorded run's checkpoint on a split, and record that beside the run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric.utilities.seed import seed_everything
from pytorch_lightning import LightningDataModule, LightningModule, Trainer

from dlcli.config.compose import Config
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.tracking.client import Recorder
from dlcli.tracking.run import Run
from dlcli.training.changes import Split, differences
from dlcli.training.checkpoint import load, write_text
from dlcli.training.confusion import count, per_class
from dlcli.training.experiment import build_data, build_model, build_trainer
from dlcli.training.failure import failures_explained
from dlcli.training.figures import confusion_matrix
from dlcli.training.metrics import logged
from dlcli.training.pictures import draw_pictures
from dlcli.training.source import Source
from dlcli.training.train import ending
from dlcli.training.weights import restore

# What of the run's trainer changes the numbers: with these they are the run's own.
KEPT = ("_target_", "accelerator", "precision", "deterministic", "benchmark")
LIMITS = {"val": "limit_val_batches", "test": "limit_test_batches"}


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
    with failures_explained(data, config.allow):
        trainer = one_device_trainer(config, split, root)
        metrics = measure(trainer, model, data, split)
        counts = confusion(trainer, model, data, spec, split)
    tags = {"dlcli.kind": "evaluate", "dlcli.split": split}
    run = recorder.create_run(name or f"{source.name[:90]}-{split}", tags, source.run_id)
    with ending(run):
        run.set_tags(marks(source, data))
        run.log_metrics(metrics, step=int(checkpoint.get("global_step", 0)))
        kept = [] if counts is None else record(run, counts, spec.classes, split)
        figures = run.artifacts / "figures"
        drawn = draw_pictures(model, figures, f"on {split}", f"{{name}}_{split}.png")
        kept += [f"figures/{file}" for file in drawn]
    return EvaluateResult(
        run.id, run.name, source.run_id, split, metrics, kept, run.artifacts, warnings
    )


def one_device_trainer(config: Config, split: Split, root: Path) -> Trainer:
    """A trainer of the run's precision on one device, which writes nothing."""
    node = config.values["trainer"]
    kept = {key: node[key] for key in KEPT if key in node}
    if kept.get("accelerator") in ("gpu", "cuda") and not torch.cuda.is_available():
        kept = {"_target_": kept["_target_"], "accelerator": "cpu"}
    limit = node.get(LIMITS.get(split, ""))
    if limit is not None:
        kept |= {LIMITS[split]: limit, "limit_predict_batches": limit}
    silent = {"logger": False, "enable_checkpointing": False, "devices": 1}
    node = {**kept, **silent, "enable_progress_bar": False}
    return build_trainer(node, config.allow, default_root_dir=str(root))


def measure(
    trainer: Trainer, model: LightningModule, data: LightningDataModule, split: Split
) -> dict[str, float]:
    """The metrics of a model on a split, named ``SPLIT/quantity``."""
    data.trainer = trainer
    run = trainer.validate if split == "val" else trainer.test
    run(model, dataloaders=split_loader(data, split), verbose=False)
    stage = "val" if split == "val" else "test"
    return {
        name.replace(f"{stage}/", f"{split}/", 1): value
        for name, value in logged(trainer).items()
        if name.startswith(f"{stage}/")
    }


def split_loader(data: LightningDataModule, split: Split) -> Any:
    """A split in order and without augmentation, where the data module can give it so.

    Raises:
        ConfigError: the data module has no such split.
    """
    if hasattr(data, "eval_dataloader"):
        return data.eval_dataloader(split)
    data.setup({"train": "fit", "val": "validate", "test": "test"}[split])
    loader = getattr(data, f"{split}_dataloader")()
    if not loader:
        raise ConfigError(f"--split {split}: {type(data).__name__} has no such split")
    return loader


def confusion(
    trainer: Trainer,
    model: LightningModule,
    data: LightningDataModule,
    spec: DataSpec,
    split: Split,
) -> np.ndarray | None:
    """How often class i was taken for class j; None where there are no classes to tell apart.

    A module of the user's own takes part when its ``predict_step`` returns logits and targets.
    """
    if spec.target != "class" or type(model).predict_step is LightningModule.predict_step:
        return None
    outputs = trainer.predict(model, dataloaders=split_loader(data, split)) or []
    return count(outputs, len(spec.classes))


def marks(source: Source, data: LightningDataModule) -> dict[str, str]:
    """What tells an evaluation from another of the same run."""
    choices = source.config.choices
    return {
        "dlcli.checkpoint": source.checkpoint.name,
        "dlcli.overrides": " ".join(source.config.overrides),
        "dlcli.data.fingerprint": str(getattr(data, "fingerprint", "")),
        **{f"dlcli.choice.{group}": option for group, option in choices.items()},
    }


def record(run: Run, counts: np.ndarray, classes: Sequence[str], split: Split) -> list[str]:
    """Write the confusion matrix and the figures of each class; return their names."""
    figure, table = f"figures/confusion_{split}.png", f"per_class_{split}.json"
    accuracy = counts.trace() / max(counts.sum(), 1)
    title = f"{split}, accuracy {accuracy:.4f}"
    confusion_matrix(counts, classes, title, run.artifacts / figure)
    write_text(run.artifacts / table, json.dumps(per_class(counts, classes), indent=1))
    return [figure, table]
