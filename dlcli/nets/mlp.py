"""Linear models and multilayer perceptrons over the flattened input."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.check import check_dropout
from dlcli.nets.head import head
from dlcli.nets.stem import flat


class Linear(nn.Module):
    """One linear layer: softmax regression for classes, least squares for values.

    Args:
        spec: what the data looks like.
    """

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.stem = flat("linear", spec)
        self.head = head("linear", spec.features, spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``."""
        output: Tensor = self.head(self.stem(x))
        return output


class MLP(nn.Module):
    """Hidden layers of any widths, each followed by an activation and dropout.

    Args:
        spec: what the data looks like.
        widths: the units of each hidden layer.
        activation: its name, see ``dlcli.nets.activation``.
        dropout: the share of units left out in training, after every hidden layer.
        output: the activation of the last layer; identity where the loss takes care of it.

    Raises:
        ConfigError: if a width is not positive or ``dropout`` not in [0, 1).
    """

    def __init__(
        self,
        spec: DataSpec,
        widths: Sequence[int] = (128, 128),
        activation: Activation = "relu",
        dropout: float = 0.0,
        output: Activation = "identity",
    ) -> None:
        super().__init__()
        check_dropout(dropout)
        if any(width < 1 for width in widths):
            raise ConfigError(f"model.net.widths: {list(widths)}; every width must be positive")
        self.stem = flat("mlp", spec)
        sizes = [spec.features, *widths]
        pairs = pairwise(sizes)
        self.trunk = nn.Sequential(*(layer(*pair, activation, dropout) for pair in pairs))
        self.head = head("mlp", sizes[-1], spec)
        self.output = ending(output)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``."""
        output: Tensor = self.output(self.head(self.trunk(self.stem(x))))
        return output


def layer(inputs: int, outputs: int, name: Activation, dropout: float) -> nn.Sequential:
    """Linear, activation, dropout."""
    return nn.Sequential(nn.Linear(inputs, outputs), activation(name), nn.Dropout(dropout))


def ending(name: Activation) -> nn.Module:
    """The activation of the last layer."""
    return activation(name)
