"""Autoencoders: a code for each example, and the example again from its code."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.cnn import CONVOLUTION, NORM, check_channels, check_depth
from dlcli.nets.mlp import layer

TRANSPOSED: dict[int, Callable[..., nn.Module]] = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d}


class Coder(nn.Module):
    """An encoder and a decoder.

    Args:
        encoder: ``(B, *spec.shape) -> (B, latent)``.
        decoder: ``(B, latent) -> (B, *spec.shape)``, without a last activation.
        latent: the numbers of a code.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, latent: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.latent = latent

    def encode(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, latent)``."""
        code: Tensor = self.encoder(x)
        return code

    def decode(self, code: Tensor) -> Tensor:
        """``(B, latent) -> (B, *spec.shape)``."""
        output: Tensor = self.decoder(code)
        return output

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, *spec.shape)``."""
        return self.decode(self.encode(x))


class DenseAutoencoder(Coder):
    """Linear layers down to the code, and the same widths back (Hinton & Salakhutdinov 2006).

    Reads images, signals and vectors; ends in one number for each number of the input, without
    an activation.

    Args:
        spec: what the data looks like.
        widths: the units of each hidden layer of the encoder; the decoder has them in reverse.
        latent: the numbers of a code.
        activation: its name, see ``dlcli.nets.activation``; the code itself has none.

    Raises:
        ConfigError: for tokens, or if a size is not positive.
    """

    def __init__(
        self,
        spec: DataSpec,
        widths: Sequence[int] = (512, 128),
        latent: int = 32,
        activation: Activation = "relu",
    ) -> None:
        check_quantities("autoencoder", spec)
        check_latent(latent)
        if any(width < 1 for width in widths):
            raise ConfigError(f"model.net.widths: {list(widths)}; every width must be positive")
        down, up = [spec.features, *widths], [latent, *reversed(widths)]
        encoder = nn.Sequential(
            nn.Flatten(),
            *(layer(*pair, activation, dropout=0.0) for pair in pairwise(down)),
            nn.Linear(down[-1], latent),
        )
        decoder = nn.Sequential(
            *(layer(*pair, activation, dropout=0.0) for pair in pairwise(up)),
            nn.Linear(up[-1], spec.features),
            nn.Unflatten(1, spec.shape),
        )
        super().__init__(encoder, decoder, latent)


class ConvAutoencoder(Coder):
    """Strided convolutions down to the code, transposed ones back (Masci et al. 2011).

    Reads images (in two dimensions) and signals (in one). Every block halves each side, rounding
    up; the transposed block goes back to the size it came from, odd or even.

    Args:
        spec: what the data looks like.
        channels: the channels after each block of the encoder.
        latent: the numbers of a code, made of the last block by a linear layer.
        activation: its name, see ``dlcli.nets.activation``.
        batch_norm: normalise each channel after each convolution but the last.

    Raises:
        ConfigError: for tokens and vectors, or if the input is too small for so many blocks.
    """

    def __init__(
        self,
        spec: DataSpec,
        channels: Sequence[int] = (16, 32),
        latent: int = 32,
        activation: Activation = "relu",
        batch_norm: bool = True,
    ) -> None:
        check_quantities("autoencoder/conv", spec)
        check_latent(latent)
        check_channels(channels)
        if spec.kind == "vector":
            raise ConfigError(
                "model=autoencoder/conv: cannot convolve over a vector, whose features have no "
                "neighbours; use model=autoencoder"
            )
        sizes = [spec.shape[1:]]
        check_depth(sizes[0], len(channels))
        for _ in channels:
            sizes.append(tuple((side + 1) // 2 for side in sizes[-1]))
        widths = [spec.shape[0], *channels]
        small = (widths[-1], *sizes[-1])
        encoder = nn.Sequential(
            *(down(len(sizes[0]), *pair, activation, batch_norm) for pair in pairwise(widths)),
            nn.Flatten(),
            nn.Linear(math.prod(small), latent),
        )
        ups = [
            up(sizes[i], widths[i + 1], widths[i], activation, batch_norm)
            for i in reversed(range(1, len(channels)))
        ]
        decoder = nn.Sequential(
            layer(latent, math.prod(small), activation, dropout=0.0),
            nn.Unflatten(1, small),
            *ups,
            transposed(sizes[0], widths[1], widths[0]),
        )
        super().__init__(encoder, decoder, latent)


def down(dims: int, inputs: int, outputs: int, name: Activation, norm: bool) -> nn.Sequential:
    """Convolution by steps of 2, norm, activation: ``(B, inputs, L) -> (B, outputs, L / 2)``."""
    convolve = CONVOLUTION[dims](inputs, outputs, 3, stride=2, padding=1, bias=not norm)
    normalise = NORM[dims](outputs) if norm else nn.Identity()
    return nn.Sequential(convolve, normalise, activation(name))


def up(
    size: tuple[int, ...], inputs: int, outputs: int, name: Activation, norm: bool
) -> nn.Sequential:
    """Transposed convolution, norm, activation: ``(B, inputs, ...) -> (B, outputs, *size)``."""
    normalise = NORM[len(size)](outputs) if norm else nn.Identity()
    return nn.Sequential(
        transposed(size, inputs, outputs, bias=not norm), normalise, activation(name)
    )


def transposed(size: tuple[int, ...], inputs: int, outputs: int, bias: bool = True) -> nn.Module:
    """The way back from what a convolution by steps of 2 makes of ``size``."""
    # Without more padding an output would always be odd: 2 n - 1.
    even = tuple(1 - side % 2 for side in size)
    return TRANSPOSED[len(size)](
        inputs, outputs, 3, stride=2, padding=1, output_padding=even, bias=bias
    )


def check_quantities(family: str, spec: DataSpec) -> None:
    """Raise ConfigError for tokens, whose indices are not quantities."""
    if spec.kind == "tokens":
        raise ConfigError(
            f"model={family}: cannot rebuild tokens, whose indices are names and not quantities; "
            "it reads images, signals and vectors"
        )


def check_latent(latent: int) -> None:
    """Raise ConfigError unless a code has numbers."""
    if latent < 1:
        raise ConfigError(f"model.net.latent: {latent} is not positive")
