"""What is asked of a model: a loss, and the quantities to report of a stage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Literal

from torch import Tensor

from dlcli.errors import ConfigError

Better = Literal["min", "max"]
LossName = Literal["auto", "cross_entropy", "binary_cross_entropy", "hinge", "mse", "mae", "huber"]
Loss = Callable[..., Tensor]

# In training only what costs next to nothing is measured: the loss and one thing more.
TRAIN = "train"


class Task(ABC):
    """A loss and the quantities that are averaged over an epoch.

    They are computed here and not by torchmetrics, whose import takes longer than many a
    training on a small data set; the tests compare each with torchmetrics or scikit-learn.
    """

    # The quantities that a line an epoch has room for.
    headline: tuple[str, ...]

    @abstractmethod
    def better(self, stage: str) -> Mapping[str, Better]:
        """What is reported of a stage, the loss first, and which way of it is better."""

    @abstractmethod
    def quantities(self, stage: str) -> int:
        """How many sums, Q, a stage needs."""

    @abstractmethod
    def loss(self, output: Tensor, target: Tensor, stage: str) -> Tensor:
        """The mean loss of a batch, a scalar; labels are smoothed in training alone."""

    @abstractmethod
    def sums(self, stage: str, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """The batch's sums ``(Q,)``, the loss first, without waiting for the device."""

    def answer(self, output: Tensor) -> Tensor:
        """A net's outputs as answers in the unit of the targets."""
        return output

    def scores(self, output: Tensor) -> Tensor | None:
        """What ranks the examples ``(B,)`` by how likely they are positive, where it is asked."""
        return None

    @abstractmethod
    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """The quantities by name, from the means ``(Q,)`` of an epoch."""


def chosen(name: str, losses: Mapping[str, Loss], what: str) -> tuple[str, Loss]:
    """The loss of a name, for ``auto`` the first.

    Args:
        name: of the loss.
        losses: those that serve this data.
        what: the data's targets, in a word.

    Raises:
        ConfigError: it is none for this data.
    """
    name = next(iter(losses)) if name == "auto" else name
    if name not in losses:
        raise ConfigError(
            f"model.loss: {name} is no loss for data with {what}; choose auto, {', '.join(losses)}"
        )
    return name, losses[name]
