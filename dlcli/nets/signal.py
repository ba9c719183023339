"""A fully convolutional network for signals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.check import check_dropout
from dlcli.nets.head import head

OTHERS = {"image": "cnn", "tokens": "cnn/text", "vector": "mlp"}


class SignalCNN(nn.Module):
    """The FCN of Wang, Yan & Oates 2017, "Time series classification from scratch", figure 1b.

    Blocks of convolution, batch norm and activation that keep the signal's length, the mean over
    time, a linear head. The paper's channels are 128, 256, 128; half of them do on small sets.

    Args:
        spec: what the data looks like; signals only.
        channels: the channels of each block.
        kernels: the width of each block's convolution, in steps.
        activation: its name, see ``dlcli.nets.activation``.
        batch_norm: normalise each channel after the convolution (Ioffe & Szegedy 2015).
        dropout: the share of features left out in training, before the head.

    Raises:
        ConfigError: if the data is not signals, or a block has no channels or no width.
    """

    def __init__(
        self,
        spec: DataSpec,
        channels: Sequence[int] = (64, 128, 64),
        kernels: Sequence[int] = (8, 5, 3),
        activation: Activation = "relu",
        batch_norm: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_dropout(dropout)
        check_blocks(channels, kernels)
        if spec.kind != "signal":
            raise ConfigError(
                f"model=cnn/signal: reads signals, not {spec.kind}; use model={OTHERS[spec.kind]}"
            )
        widths = [spec.shape[0], *channels]
        self.trunk = nn.Sequential(
            *(
                block(*pair, kernel, activation, batch_norm)
                for pair, kernel in zip(pairwise(widths), kernels, strict=True)
            )
        )
        self.dropout = nn.Dropout(dropout)
        self.head = head("cnn/signal", widths[-1], spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, T) -> (B, spec.outputs)``."""
        features = self.trunk(x).mean(2)
        output: Tensor = self.head(self.dropout(features))
        return output


def block(
    inputs: int, outputs: int, kernel: int, name: Activation, batch_norm: bool
) -> nn.Sequential:
    """Convolution, batch norm, activation: ``(B, inputs, T) -> (B, outputs, T)``."""
    # An even kernel makes the signal a step longer, which the mean over time does not mind.
    convolve = nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2, bias=not batch_norm)
    norm = nn.BatchNorm1d(outputs) if batch_norm else nn.Identity()
    return nn.Sequential(convolve, norm, activation(name))


def check_blocks(channels: Sequence[int], kernels: Sequence[int]) -> None:
    """Raise ConfigError unless there is a block, and each has channels and a width."""
    if not channels or min([*channels, *kernels]) < 1 or len(channels) != len(kernels):
        raise ConfigError(
            f"model.net: channels {list(channels)} and kernels {list(kernels)}; "
            "name one positive number a block in each, and at least one block"
        )
