"""A model and data of ten examples, as an evaluation takes them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import torch
from pytorch_lightning import LightningDataModule, Trainer

from dlcli.data.loader import TensorLoader
from dlcli.data.spec import DataSpec
from dlcli.evaluation.answers import Answers, Listening
from dlcli.evaluation.case import Case
from dlcli.evaluation.member import Member, measured
from dlcli.models.supervised import Supervised
from dlcli.nets.mlp import Linear

CLASSES = DataSpec("vector", (3,), "class", classes=("a", "b", "c"))
VALUES = DataSpec("vector", (3,), "value", centre=(100.0,), scale=(20.0,))
SGD = partial(torch.optim.SGD, lr=0.1)
COUNT = 11


class Data(LightningDataModule):
    """Random vectors with a class or a value each."""

    fingerprint = "a" * 64

    def __init__(self, spec: DataSpec = CLASSES, seed: int = 0) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(seed)
        self.inputs = torch.randn(COUNT, *spec.shape, generator=draw)
        self.targets = (
            torch.arange(COUNT) % len(spec.classes)
            if spec.target == "class"
            else 100 + 20 * torch.randn(COUNT, spec.values, generator=draw)
        )

    def eval_dataloader(self, split: str) -> TensorLoader:
        return TensorLoader(self.inputs, self.targets, batch_size=4)


def member(spec: DataSpec = CLASSES, seed: int = 0, **options) -> Member:
    """A model of random weights, measured on the data."""
    torch.manual_seed(seed)
    model = Supervised(Linear, spec, SGD, **options)
    listening = Listening(spec)
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        callbacks=[listening],
    )
    config = SimpleNamespace(
        allow=(), values={"seed": 0, "model": {"loss": options.get("loss", "auto")}}
    )
    source = SimpleNamespace(config=config, name=f"m{seed}", checkpoint=Path(f"{seed}.ckpt"))
    one = Member(source, 1, "", Data(spec), spec, model, listening, trainer, [], {})
    return measured(one, "test")


def case(folder: Path, spec: DataSpec, data: object, answers: Answers | None = None) -> Case:
    """A case of answers without a model."""
    return Case(None, data, spec, "test", None, folder, 0, answers)  # type: ignore[arg-type]
