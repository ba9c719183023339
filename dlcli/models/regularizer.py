"""What is added to a loss to keep weights small, and which of them an optimizer may decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from dlcli.errors import ConfigError
from dlcli.nets.weights import weights


@dataclass(frozen=True)
class Regularizer:
    """Penalties on the weights of linear, convolution and recurrent layers.

    Biases, the parameters of norms and embeddings are never penalised.

    Args:
        l1: times the sum of the weights' absolute values (Tibshirani 1996).
        l2: times the sum of their squares; with ``l1`` the elastic net (Zou & Hastie 2005).
        decay: whether the optimizer's ``weight_decay`` is for the same ``weights`` or for ``all``
            parameters.

    Raises:
        ConfigError: if a factor is negative, or ``decay`` is neither of the two.
    """

    l1: float = 0.0
    l2: float = 0.0
    decay: Literal["weights", "all"] = "weights"

    def __post_init__(self) -> None:
        problems = [
            f"regularizer.{name}: {value} is negative"
            for name, value in {"l1": self.l1, "l2": self.l2}.items()
            if value < 0
        ]
        if self.decay not in ("weights", "all"):
            problems.append(f"regularizer.decay: {self.decay!r} is not one of weights, all")
        if problems:
            raise ConfigError(problems)

    @property
    def active(self) -> bool:
        """Whether there is a penalty."""
        return bool(self.l1 or self.l2)

    def penalty(self, module: nn.Module) -> Tensor | None:
        """``l1 * sum |w| + l2 * sum w^2``, a scalar; None where both are 0."""
        if not self.active:
            return None
        trained = [weight for weight in weights(module) if weight.requires_grad]
        terms = [self.l1 * weight.abs().sum() for weight in trained if self.l1]
        terms += [self.l2 * weight.square().sum() for weight in trained if self.l2]
        total: Tensor | None = sum(terms) if terms else None  # type: ignore[assignment]
        return total

    def groups(self, module: nn.Module) -> list[dict[str, Any]]:
        """The trainable parameters for an optimizer: those to decay, and those not to."""
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if self.decay == "all":
            return [{"params": trained}]
        decayed = {id(weight) for weight in weights(module)}
        groups: list[dict[str, Any]] = [
            {"params": [p for p in trained if id(p) in decayed]},
            {"params": [p for p in trained if id(p) not in decayed], "weight_decay": 0.0},
        ]
        return [group for group in groups if group["params"]]
