"""What an evaluation looks at, and what it has to show of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytorch_lightning import LightningDataModule, LightningModule, Trainer

from dlcli.data.spec import DataSpec
from dlcli.evaluation.answers import Answers
from dlcli.training.changes import Split


@dataclass(frozen=True)
class Case:
    """A model beside a part of its data.

    Args:
        model: restored from its checkpoint, in evaluation mode where it is called directly.
        data: set up.
        spec: what the data says of itself.
        split: the part that is looked at.
        trainer: on one device; it writes nothing.
        artifacts: the folder of the evaluation's record; figures go into ``figures`` in it.
        seed: of whatever is drawn at random.
        answers: to each example of the part, where the model gives logits or values.
    """

    model: LightningModule
    data: LightningDataModule
    spec: DataSpec
    split: Split
    trainer: Trainer
    artifacts: Path
    seed: int = 0
    answers: Answers | None = None


@dataclass(frozen=True)
class Listing:
    """A table for the terminal.

    Args:
        title: what it lists.
        columns: their headings.
        rows: one text for each column.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """What was found.

    Args:
        metrics: named ``SPLIT/quantity``.
        files: what was written, as paths below the artifacts, the most telling first.
        listings: what is printed beside the metrics.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)

    def __add__(self, other: Shown) -> Shown:
        return Shown(
            {**self.metrics, **other.metrics},
            self.files + other.files,
            self.listings + other.listings,
        )
