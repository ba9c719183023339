"""Initial weights of a net, other than those that its layers draw themselves."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

from dlcli.errors import ConfigError
from dlcli.nets.weights import is_weight, weights

Distribution = Literal["normal", "uniform"]

# How many matrices PyTorch stacks in one parameter of a layer.
STACKED: dict[type[nn.Module], int] = {
    nn.LSTM: 4,
    nn.LSTMCell: 4,
    nn.GRU: 3,
    nn.GRUCell: 3,
    nn.MultiheadAttention: 3,
}
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class Default:
    """Leave every layer as PyTorch made it."""

    def __call__(self, net: nn.Module) -> None:
        """Do nothing to ``net``."""


class Scheme(ABC):
    """Draws the weights of linear, convolution, recurrent and attention layers anew.

    Their biases become 0. Embeddings, norms and all other parameters stay as they are; each gate
    of a recurrent layer is a matrix of its own.
    """

    @torch.no_grad()
    def __call__(self, net: nn.Module) -> None:
        """Initialise ``net`` in place."""
        drawn = {id(weight) for weight in weights(net)}
        for layer in net.modules():
            for name, parameter in layer.named_parameters(recurse=False):
                if id(parameter) in drawn:
                    drawn.remove(id(parameter))
                    for matrix in parameter.chunk(matrices(layer, name)):
                        self.fill(outputs_first(matrix, layer), stride(layer))
                elif "bias" in name and is_weight(layer, name.replace("bias", "weight")):
                    self.fill_bias(parameter, layer)

    @abstractmethod
    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Draw one matrix ``(outputs, inputs, ...)``.

        Args:
            weight: the matrix.
            stride: of a transposed convolution, in places: an output sums over one of so many of
                its field.
        """

    def fill_bias(self, bias: Tensor, layer: nn.Module) -> None:
        """Set a layer's biases."""
        bias.zero_()


def matrices(layer: nn.Module, name: str) -> int:
    """How many matrices are stacked in a layer's parameter."""
    one_alone = name.startswith("weight_hr") or name.endswith("q_proj_weight")
    if one_alone or name.endswith(("k_proj_weight", "v_proj_weight")):
        return 1
    return STACKED.get(type(layer), 1)


def outputs_first(weight: Tensor, layer: nn.Module) -> Tensor:
    """A layer's matrix as ``(outputs, inputs, ...)``, which a transposed convolution's is not."""
    return weight.transpose(0, 1) if isinstance(layer, TRANSPOSED) else weight


def stride(layer: nn.Module) -> int:
    """Of how many places of its field a transposed convolution's output sums over one."""
    return math.prod(map(int, layer.stride)) if isinstance(layer, TRANSPOSED) else 1


def fans(weight: Tensor, stride: int) -> tuple[float, float]:
    """How many inputs an output sums over, on average, and how many outputs an input goes into."""
    field = math.prod(weight.shape[2:])
    return weight.shape[1] * field / stride, weight.shape[0] * field


def draw(weight: Tensor, std: float, distribution: Distribution) -> None:
    """Fill from a distribution around 0 of this deviation."""
    if distribution == "normal":
        nn.init.normal_(weight, 0.0, std)
    else:
        bound = math.sqrt(3) * std
        nn.init.uniform_(weight, -bound, bound)


def check_distribution(distribution: str) -> None:
    """Raise ConfigError for another name."""
    if distribution not in ("normal", "uniform"):
        raise ConfigError(f"init.distribution: {distribution!r} is not one of normal, uniform")


class Zero(Scheme):
    """All weights 0, so that all units of a layer stay alike: what not to do."""

    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Set to 0."""
        weight.zero_()


class Normal(Scheme):
    """Weights from N(0, std), whatever the size of the layer.

    Args:
        std: the standard deviation.
    """

    def __init__(self, std: float = 0.01) -> None:
        self.std = std

    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Draw."""
        draw(weight, self.std, "normal")


class Uniform(Scheme):
    """Weights from U(low, high), whatever the size of the layer.

    Args:
        low: the least weight.
        high: the largest.
        biases: draw the biases, too, instead of setting them to 0.

    Raises:
        ConfigError: if ``low`` is not below ``high``.
    """

    def __init__(self, low: float = -0.1, high: float = 0.1, biases: bool = False) -> None:
        if low >= high:
            raise ConfigError(f"init.low: {low} is not below init.high, {high}")
        self.low = low
        self.high = high
        self.biases = biases

    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Draw."""
        nn.init.uniform_(weight, self.low, self.high)

    def fill_bias(self, bias: Tensor, layer: nn.Module) -> None:
        """Draw, where it is asked for."""
        if self.biases:
            self.fill(bias)
        else:
            super().fill_bias(bias, layer)


class Orthogonal(Scheme):
    """Orthogonal matrices (Saxe et al. 2014).

    Args:
        gain: what to multiply them by.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Draw; the inputs of a convolution are its channels times its field."""
        drawn = weight.detach().clone(memory_format=torch.contiguous_format)
        weight.data.copy_(nn.init.orthogonal_(drawn, self.gain))  # it takes no channels_last


class LeCun(Scheme):
    """Variance 1 / inputs (LeCun et al. 1998, Efficient BackProp, section 4.6).

    Args:
        distribution: of the weights.

    Raises:
        ConfigError: if it is neither normal nor uniform.
    """

    def __init__(self, distribution: Distribution = "normal") -> None:
        check_distribution(distribution)
        self.distribution = distribution

    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Draw."""
        inputs, _ = fans(weight, stride)
        draw(weight, math.sqrt(1 / inputs), self.distribution)


class Glorot(Scheme):
    """Variance gain^2 * 2 / (inputs + outputs) (Glorot & Bengio 2010).

    Args:
        distribution: of the weights.
        gain: what to multiply them by.

    Raises:
        ConfigError: if the distribution is neither normal nor uniform.
    """

    def __init__(self, distribution: Distribution = "uniform", gain: float = 1.0) -> None:
        check_distribution(distribution)
        self.distribution = distribution
        self.gain = gain

    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Draw."""
        inputs, outputs = fans(weight, stride)
        draw(weight, self.gain * math.sqrt(2 / (inputs + outputs)), self.distribution)


class He(Scheme):
    """Variance 2 / ((1 + slope^2) inputs), for rectifiers (He et al. 2015).

    Args:
        distribution: of the weights.
        slope: of the rectifier below 0.

    Raises:
        ConfigError: if the distribution is neither normal nor uniform.
    """

    def __init__(self, distribution: Distribution = "normal", slope: float = 0.0) -> None:
        check_distribution(distribution)
        self.distribution = distribution
        self.slope = slope

    def fill(self, weight: Tensor, stride: int = 1) -> None:
        """Draw."""
        inputs, _ = fans(weight, stride)
        draw(weight, math.sqrt(2 / ((1 + self.slope**2) * inputs)), self.distribution)
