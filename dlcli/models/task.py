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


@dataclass
class Values(Task):
    """Squared error; output ``(B, values)``, target ``(B, values)`` or ``(B,)``."""

    better: dict[str, Better] = field(
        default_factory=lambda: {"loss": "min", "rmse": "min", "mae": "min"}
    )

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean squared error."""
        return functional.mse_loss(output, target.view_as(output))

    def sums(self, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """Squared and absolute errors."""
        absolute = (output - target.view_as(output)).abs().mean(-1).sum()
        return torch.stack([loss * target.shape[0], absolute])

    def report(self, means: Tensor) -> dict[str, Tensor]:
        """``loss``, its root ``rmse``, and ``mae``."""
        return {"loss": means[0], "rmse": means[0].sqrt(), "mae": means[1]}


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
        "value": Values,
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
