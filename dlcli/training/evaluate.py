"""Evaluate a recorded run's checkpoint on a split, and record that beside the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pytorch_lightning import LightningDataModule, LightningModule, Trainer

from dlcli.config.compose import Config
from dlcli.data.spec import DataSpec
from dlcli.errors import CheckpointError, ConfigError
from dlcli.tracking.client import Recorder
from dlcli.training.checkpoint import load
from dlcli.training.experiment import build_data, build_model, build_trainer
from dlcli.training.figures import confusion_matrix
from dlcli.training.metrics import logged
from dlcli.training.train import ending

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class EvaluateResult:
    """What an evaluation found.

    Args:
        run_id: of the evaluation's own record.
        source_run_id: of the run evaluated; None for a checkpoint without one.
        split: the split evaluated on.
        metrics: named ``SPLIT/quantity``.
        artifacts: the figures recorded, as paths below the record's artifacts.
        folder: where they are.
    """

    run_id: str
    source_run_id: str | None
    split: Split
    metrics: dict[str, float]
    artifacts: list[str]
    folder: Path


@dataclass(frozen=True)
class Source:
    """What is evaluated.

    Args:
        config: the run's own, with what the caller changed of it.
        checkpoint: the file.
        run_id: of the run, where the checkpoint belongs to one.
        name: how a person would call it.
    """

    config: Config
    checkpoint: Path
    run_id: str | None
    name: str


def evaluate(source: Source, split: Split, recorder: Recorder, root: Path) -> EvaluateResult:
    """Rebuild data and model from a run's configuration, and measure its checkpoint.

    Args:
        source: what to evaluate.
        split: on which part of the data.
        recorder: started; records the evaluation as a child of the run.
        root: the folder of the store.

    Raises:
        ConfigError, DataError, CheckpointError: before anything is created.
    """
    config = source.config
    data, spec = build_data(config.values["data"], config.allow)
    model = build_model({**config.values, "compile": False}, spec, config.allow)
    restore(model, source.checkpoint)
    trainer = _trainer(config, root)
    metrics = measure(trainer, model, data, split)
    name = f"{source.name}-{split}"
    run = recorder.create_run(
        name, tags={"dlcli.kind": "evaluate", "dlcli.split": split}, parent_id=source.run_id
    )
    with ending(run):
        run.set_tags({"dlcli.checkpoint": source.checkpoint.name})
        run.log_metrics(metrics, step=0)
        drawn = draw(trainer, model, data, spec, split, run.artifacts)
    return EvaluateResult(run.id, source.run_id, split, metrics, drawn, run.artifacts)


def restore(model: LightningModule, checkpoint: Path) -> None:
    """Load a checkpoint's weights into a model.

    Raises:
        CheckpointError: damaged, or of another model; the first three mismatches are named.
    """
    state = load(checkpoint)["state_dict"]
    own = model.state_dict()
    wrong = [f"{key} is missing" for key in own if key not in state]
    wrong += [f"{key} is not in the model" for key in state if key not in own]
    wrong += [
        f"{key} has shape {tuple(state[key].shape)}, the model's {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    if wrong:
        raise CheckpointError(f"{checkpoint}: of another model: {'; '.join(wrong[:3])}")
    model.load_state_dict(state)


def _trainer(config: Config, root: Path) -> Trainer:
    """A trainer of the run's precision on one device, which writes nothing."""
    node = config.values["trainer"]
    kept = {key: node[key] for key in ("_target_", "accelerator", "precision") if key in node}
    if kept.get("accelerator") in ("gpu", "cuda") and not torch.cuda.is_available():
        kept["accelerator"] = "cpu"
    silent: dict[str, Any] = {"logger": False, "enable_checkpointing": False, "devices": 1}
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


def draw(
    trainer: Trainer,
    model: LightningModule,
    data: LightningDataModule,
    spec: DataSpec,
    split: Split,
    artifacts: Path,
) -> list[str]:
    """Draw the confusion matrix of a classifier; return what was drawn."""
    if spec.target != "class":
        return []
    outputs = trainer.predict(model, dataloaders=split_loader(data, split)) or []
    counts = np.zeros((len(spec.classes), len(spec.classes)), dtype=np.int64)
    for logits, targets in outputs:  # type: ignore[misc]
        np.add.at(counts, (targets.cpu().numpy(), logits.argmax(dim=1).cpu().numpy()), 1)
    path = artifacts / "figures" / f"confusion_{split}.png"
    accuracy = counts.trace() / max(counts.sum(), 1)
    confusion_matrix(counts, spec.classes, f"{split}, accuracy {accuracy:.4f}", path)
    return [str(path.relative_to(artifacts))]
