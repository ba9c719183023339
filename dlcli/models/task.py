"""What is asked of a model, by target: its loss, and the quantities to report."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError

Better = Literal["min", "max"]


class Task(ABC):
    """A loss and the quantities that are averaged over an epoch."""

    better: dict[str, Better]
    # How many sums, Q: the loss and one more.
    quantities = 2

    @abstractmethod
    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The mean loss of a batch, a scalar."""

    @abstractmethod
    def sums(self, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """The batch's sums ``(Q,)``, the loss first, without waiting for the device."""

    def count(self, target: Tensor) -> int:
        """How many answers the batch asks for."""
        return target.shape[0]

    def answer(self, output: Tensor) -> Tensor:
        """A net's outputs as answers in the unit of the targets."""
        return output

    @abstractmethod
    def report(self, means: Tensor) -> dict[str, Tensor]:
        """The quantities by name, from the means ``(Q,)`` of an epoch."""


@dataclass
class Classes(Task):
    """Cross-entropy and accuracy; output ``(B, classes)``, target ``(B,)``."""

    label_smoothing: float = 0.0
    better: dict[str, Better] = field(default_factory=lambda: {"loss": "min", "acc": "max"})

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy in nats, with smoothed labels if so asked."""
        return functional.cross_entropy(output, target, label_smoothing=self.label_smoothing)

    def sums(self, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """Loss and right answers."""
        right = (output.argmax(-1) == target).sum()
        return torch.stack([loss * target.numel(), right])

    def report(self, means: Tensor) -> dict[str, Tensor]:
        """``loss`` and ``acc``."""
        return {"loss": means[0], "acc": means[1]}


class Values(Task):
    """Squared error; output ``(B, values)``, target ``(B, values)`` or ``(B,)``.

    The loss is measured in the values' own spread, so that learning rates mean the same for all
    units; what is reported is in their unit.

    Args:
        spec: its ``centre`` and ``scale`` make outputs into values.
    """

    better: dict[str, Better] = {"loss": "min", "rmse": "min", "mae": "min"}  # noqa: RUF012
    quantities = 3

    def __init__(self, spec: DataSpec) -> None:
        self.centre = torch.tensor(spec.centre)
        self.scale = torch.tensor(spec.scale)

    def answer(self, output: Tensor) -> Tensor:
        """Outputs times ``scale`` plus ``centre``."""
        self._move(output)
        return output * self.scale + self.centre

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean squared error in units of ``scale``."""
        self._move(output)
        return functional.mse_loss(output, (target.view_as(output) - self.centre) / self.scale)

    def sums(self, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """Loss, squared and absolute errors."""
        errors = self.answer(output) - target.view_as(output)
        count = target.shape[0]
        return torch.stack(
            [loss * count, errors.square().mean(-1).sum(), errors.abs().mean(-1).sum()]
        )

    def report(self, means: Tensor) -> dict[str, Tensor]:
        """``loss``, ``rmse`` and ``mae``."""
        return {"loss": means[0], "rmse": means[1].sqrt(), "mae": means[2]}

    def _move(self, output: Tensor) -> None:
        if self.centre.device != output.device:
            self.centre, self.scale = self.centre.to(output.device), self.scale.to(output.device)


@dataclass
class NextTokens(Task):
    """Cross-entropy over tokens; output ``(B, T, vocabulary)``, target ``(B, T)``."""

    label_smoothing: float = 0.0
    better: dict[str, Better] = field(
        default_factory=lambda: {"loss": "min", "acc": "max", "perplexity": "min"}
    )

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy in nats a token."""
        return functional.cross_entropy(
            output.flatten(0, 1), target.flatten(), label_smoothing=self.label_smoothing
        )

    def sums(self, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """Loss and right tokens."""
        right = (output.argmax(-1) == target).sum()
        return torch.stack([loss * target.numel(), right])

    def count(self, target: Tensor) -> int:
        """Tokens, not sequences."""
        return target.numel()

    def report(self, means: Tensor) -> dict[str, Tensor]:
        """``loss``, ``acc`` and ``perplexity``, which is e to the loss."""
        return {"loss": means[0], "acc": means[1], "perplexity": means[0].exp()}


def task(spec: DataSpec, label_smoothing: float = 0.0) -> Task:
    """The task that a data set sets.

    Raises:
        ConfigError: if the target needs a module of its own, or the smoothing is out of range.
    """
    if not 0 <= label_smoothing < 1:
        raise ConfigError(f"model.label_smoothing: {label_smoothing} is not in [0, 1)")
    tasks: dict[str, Callable[[], Task]] = {
        "class": lambda: Classes(label_smoothing),
        "value": lambda: Values(spec),
        "next_token": lambda: NextTokens(label_smoothing),
    }
    if spec.target not in tasks:
        raise ConfigError(
            "model: a supervised model needs classes, values or next tokens to learn, "
            "but this data asks for the input itself"
        )
    if label_smoothing and spec.target == "value":
        raise ConfigError(
            f"model.label_smoothing: {label_smoothing}, but this data has values and no labels"
        )
    return tasks[spec.target]()
