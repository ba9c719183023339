"""Adversarial pairs: a generator of examples, and a discriminator of real and generated ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.autoencoder import check_latent
from dlcli.nets.check import check_dropout
from dlcli.nets.cnn import CHANNELS_LAST, check_channels, check_depth

# Of leaky ReLUs below zero, and the deviation of the first weights; Radford et al. 2016, section 4.
SLOPE = 0.2
DEVIATION = 0.02


class Side(nn.Module):
    """One of the two, which may be told the class beside what it reads (Mirza & Osindero 2014).

    Args:
        body: reads ``stem``'s output with the class appended along its first dimension.
        stem: reads the latent numbers or the example.
        classes: how many there are; 0 where the class is not told.
        told: the shape that a class is given.
    """

    def __init__(
        self, body: nn.Module, stem: nn.Module, classes: int = 0, told: tuple[int, ...] = ()
    ) -> None:
        super().__init__()
        self.stem = stem
        self.told = nn.Embedding(classes, math.prod(told)) if classes else None
        self.body = body
        self._shape = told

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, ...)`` and the classes ``(B,)`` -> what the body makes of them."""
        read = self.stem(x)
        if self.told is not None:
            read = torch.cat([read, self.told(labels).view(-1, *self._shape)], 1)
        output: Tensor = self.body(read)
        return output


class Adversaries(nn.Module):
    """A generator and a discriminator that speak in the units of prepared inputs.

    The generator ends in tanh, whose (-1, 1) is stretched to the span from ``spec.low`` to
    ``spec.high``; the discriminator reads that span as -1 to 1 again. So neither depends on how
    inputs are prepared.

    Args:
        spec: what the data looks like.
        latent: the numbers that an example is generated from.
        generator: ``(B, latent) -> (B, *spec.shape)``.
        discriminator: ``(B, *spec.shape) -> (B, 1)``.
    """

    def __init__(self, spec: DataSpec, latent: int, generator: Side, discriminator: Side) -> None:
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.latent = latent
        self.conditional = generator.told is not None
        self._low, self._span = spec.low, (spec.high - spec.low) or 1.0

    def generate(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, latent)`` and the classes asked for ``(B,)`` -> ``(B, *spec.shape)``."""
        output = torch.tanh(self.generator(latents, labels))
        return self._low + self._span * (output + 1) / 2

    def judge(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, *spec.shape)`` and the classes ``(B,)`` -> logits ``(B,)``, high for real."""
        logits: Tensor = self.discriminator(2 * (x - self._low) / self._span - 1, labels)
        return logits.squeeze(1)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile either side, as neither is called through the other."""
        self.generator.compile(*args, **kwargs)
        self.discriminator.compile(*args, **kwargs)


class DenseGAN(Adversaries):
    """Multilayer perceptrons on both sides (Goodfellow et al. 2014).

    Args:
        spec: what the data looks like; images, signals or vectors.
        widths: the units of the generator's hidden layers; the discriminator has them in reverse.
        latent: the numbers that an example is generated from.
        conditional: tell both sides the class.
        embedding: the numbers that a class is told by.
        dropout: the share of the discriminator's units left out in training.

    Raises:
        ConfigError: for tokens, for classes that there are not, or if an argument is out of range.
    """

    def __init__(
        self,
        spec: DataSpec,
        widths: Sequence[int] = (128, 256),
        latent: int = 64,
        conditional: bool = False,
        embedding: int = 16,
        dropout: float = 0.3,
    ) -> None:
        check_latent(latent)
        check_dropout(dropout)
        if spec.kind == "tokens":
            raise ConfigError(
                "model=gan: cannot generate tokens, whose indices are names and not quantities; "
                "it makes images, signals and vectors"
            )
        if not widths or any(width < 1 for width in widths):
            raise ConfigError(f"model.net.widths: {list(widths)}; name at least one positive width")
        classes, told = conditions(spec, conditional, embedding)
        up, down = [latent + told, *widths], [spec.features + told, *reversed(widths)]
        generator = nn.Sequential(
            *(rising(*pair) for pair in pairwise(up)),
            nn.Linear(up[-1], spec.features),
            nn.Unflatten(1, spec.shape),
        )
        discriminator = nn.Sequential(
            *(falling(*pair, dropout) for pair in pairwise(down)), nn.Linear(down[-1], 1)
        )
        super().__init__(
            spec,
            latent,
            Side(generator, nn.Identity(), classes, (told,)),
            Side(discriminator, nn.Flatten(), classes, (told,)),
        )


class DCGAN(Adversaries):
    """Strided convolutions that judge, transposed ones that generate (Radford et al. 2016).

    As the paper has it: steps of 2 in place of pooling, batch norm on both sides but at the
    pixels, ReLU in the generator, leaky ReLU in the discriminator, no hidden dense layers, weights
    drawn from N(0, 0.02). Sides need not be powers of 2: every block halves them, rounding down,
    and grows them back to the very size. A class is told to the discriminator as one more channel.

    Args:
        spec: what the data looks like; images only.
        channels: of the discriminator's blocks; the generator has them in reverse.
        latent: the numbers that an image is generated from.
        conditional: tell both sides the class.
        embedding: the numbers that a class is told by to the generator.

    Raises:
        ConfigError: for other data, for classes that there are not, or if an argument is out of
            range.
    """

    def __init__(
        self,
        spec: DataSpec,
        channels: Sequence[int] = (32, 64),
        latent: int = 64,
        conditional: bool = False,
        embedding: int = 16,
    ) -> None:
        check_latent(latent)
        if spec.kind != "image":
            raise ConfigError(f"model=gan/dcgan: makes images, not {spec.kind}; use model=gan")
        check_channels(channels)
        colours, height, width = spec.shape
        check_depth((height, width), len(channels))
        classes, told = conditions(spec, conditional, embedding)
        sizes = [(height >> block, width >> block) for block in range(len(channels) + 1)]
        small = (channels[-1], *sizes[-1])
        blocks = range(len(channels))
        generator = nn.Sequential(
            nn.Linear(latent + told, math.prod(small), bias=False),
            nn.Unflatten(1, small),
            *(grown(channels[i], channels[i - 1], sizes[i]) for i in reversed(blocks[1:])),
            nn.BatchNorm2d(channels[0]),
            nn.ReLU(),
            transposed(channels[0], colours, sizes[0], bias=True),
        )
        widths = [colours + (1 if classes else 0), *channels]
        discriminator = nn.Sequential(
            *(shrunk(*pair, norm=i > 0) for i, pair in enumerate(pairwise(widths))),
            nn.Flatten(),
            nn.Linear(math.prod(small), 1),
        )
        super().__init__(
            spec,
            latent,
            Side(generator, nn.Identity(), classes, (told,)),
            Side(discriminator, nn.Identity(), classes, (1, height, width)),
        )
        self.apply(draw_weights)
        self.to(memory_format=CHANNELS_LAST)


def rising(inputs: int, outputs: int) -> nn.Sequential:
    """Linear, batch norm, ReLU."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU())


def falling(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    """Linear, leaky ReLU, dropout."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LeakyReLU(SLOPE), nn.Dropout(dropout))


def grown(inputs: int, outputs: int, size: tuple[int, int]) -> nn.Sequential:
    """Norm and activation of the block before, transposed convolution to ``size``."""
    convolve = transposed(inputs, outputs, size, bias=False)
    return nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), convolve)


def transposed(inputs: int, outputs: int, size: tuple[int, int], bias: bool) -> nn.Module:
    """From half of ``size``, rounded down, to it."""
    odd = (size[0] % 2, size[1] % 2)
    return nn.ConvTranspose2d(
        inputs, outputs, 4, stride=2, padding=1, output_padding=odd, bias=bias
    )


def shrunk(inputs: int, outputs: int, norm: bool) -> nn.Sequential:
    """Convolution by steps of 2, norm, leaky ReLU."""
    convolve = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=not norm)
    normalise = nn.BatchNorm2d(outputs) if norm else nn.Identity()
    return nn.Sequential(convolve, normalise, nn.LeakyReLU(SLOPE))


def draw_weights(layer: nn.Module) -> None:
    """Weights from N(0, 0.02), those of norms from N(1, 0.02)."""
    if isinstance(layer, (nn.Linear, _ConvNd)):
        nn.init.normal_(layer.weight, 0.0, DEVIATION)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, DEVIATION)


def conditions(spec: DataSpec, conditional: bool, embedding: int) -> tuple[int, int]:
    """The number of classes that are told, and of the numbers they are told by; 0 for none.

    Raises:
        ConfigError: if there are no classes to tell, or no numbers to tell them by.
    """
    if not conditional:
        return 0, 0
    if spec.target != "class":
        raise ConfigError(
            "model.net.conditional: true, but this data has no classes to ask for; "
            "set model.net.conditional=false"
        )
    if embedding < 1:
        raise ConfigError(f"model.net.embedding: {embedding} is not positive")
    return len(spec.classes), embedding
