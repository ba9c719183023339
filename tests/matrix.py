"""Which model reads which kind of data for which target: found out by building each for each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from pytorch_lightning import LightningModule
from torch import Tensor

from dlcli.config.catalogue import options
from dlcli.config.compose import compose
from dlcli.data.examples import Examples, Source
from dlcli.data.memory import Memory
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.training.experiment import build_model

EXAMPLES = 4
CLASSES = ("no", "yes")
VOCABULARY = tuple("_abcdefghijk")


@dataclass(frozen=True)
class Column:
    """A kind of data and what is asked of it, with random examples."""

    name: str
    spec: DataSpec

    def examples(self) -> Examples:
        """``EXAMPLES`` random ones."""
        return Examples(self._inputs(), TARGETS[self.spec.target](self.spec))

    def _inputs(self) -> Tensor:
        if self.spec.kind == "tokens":
            return torch.randint(len(VOCABULARY), (EXAMPLES, *self.spec.shape))
        return torch.rand(EXAMPLES, *self.spec.shape)


TARGETS: dict[str, Callable[[DataSpec], Tensor]] = {
    "class": lambda spec: torch.arange(EXAMPLES) % len(CLASSES),
    "value": lambda spec: torch.rand(EXAMPLES, spec.values),
    "next_token": lambda spec: torch.randint(len(VOCABULARY), (EXAMPLES, *spec.shape)),
}

COLUMNS = (
    Column("image → class", DataSpec("image", (1, 16, 16), "class", CLASSES)),
    Column("image → value", DataSpec("image", (1, 16, 16), "value")),
    Column("signal → class", DataSpec("signal", (1, 32), "class", CLASSES)),
    Column("signal → value", DataSpec("signal", (1, 32), "value")),
    Column("tokens → class", DataSpec("tokens", (9,), "class", CLASSES, VOCABULARY, padding=0)),
    Column("tokens → next token", DataSpec("tokens", (9,), "next_token", (), VOCABULARY)),
    Column("vector → class", DataSpec("vector", (5,), "class", CLASSES)),
    Column("vector → value", DataSpec("vector", (5,), "value")),
)


class Random(Memory):
    """Random examples of a column, in all three sets."""

    def __init__(self, column: Column) -> None:
        super().__init__(batch_size=EXAMPLES, normalize="none")
        self.column = column

    def read(self) -> Source:
        """The same few examples for everything."""
        sets = dict.fromkeys(("train", "val", "test"), self.column.examples())
        return Source("random", self.column.spec, sets)


def models() -> list[str]:
    """The options of the group ``model``."""
    return [name for name, _ in options("model")]


@cache
def values(option: str) -> dict:
    """The configuration of a model option, composed once; a generator makes few samples."""
    chosen = compose("train", [f"model={option}", "scheduler=none"]).values
    if "samples" in chosen["model"]:
        chosen["model"]["samples"] = EXAMPLES
    return chosen


def build(option: str, column: Column) -> LightningModule:
    """A model for a column.

    Raises:
        ConfigError: with the reason, if that makes no sense.
    """
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        return build_model(values(option), column.spec, ())


def works(option: str, column: Column) -> bool:
    """Whether a model can be built for a column."""
    try:
        # No memory or time for weights: what matters is whether it is refused.
        with torch.device("meta"):
            build(option, column)
    except ConfigError:
        return False
    return True


def families() -> list[str]:
    """The options that are no variants of others."""
    return [name for name in models() if "/" not in name]


def table(shown: Sequence[str]) -> str:
    """The matrix in Markdown, a row a model."""
    rows = [
        ["`model=`", *(column.name for column in COLUMNS)],
        ["---", *(":-:" for _ in COLUMNS)],
        *(
            [f"`{option}`", *("✓" if works(option, column) else "—" for column in COLUMNS)]
            for option in shown
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    print(table(models()))
