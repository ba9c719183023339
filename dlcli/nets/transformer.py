"""Transformers: encoders of texts, patches of images and of signals; causal for the next token."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.check import check_choice, check_dropout, check_positive
from dlcli.nets.embedding import Embedding
from dlcli.nets.head import sequence_head
from dlcli.nets.patch import patches
from dlcli.nets.sequence import Sequence, check_ordered, masked_mean, real_steps

Positions = Literal["sinusoidal", "learned"]
Pool = Literal["mean", "cls"]

# The spread of initial weights (Radford et al. 2019; as GPT-2's code has it).
SPREAD = 0.02


class Attention(nn.Module):
    """Attention of every step to every other, or to those before it (Vaswani et al. 2017, 3.2).

    Args:
        width: the numbers of a step.
        heads: which divide them among themselves.
        causal: look at no later step.
        dropout: the share of attention, and of outputs, left out in training.
    """

    def __init__(self, width: int, heads: int, causal: bool, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.rate = dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, real: Tensor | None) -> Tensor:
        """``(B, T, width)``, and ``(B, T)`` that are no padding, ``-> (B, T, width)``."""
        batch, length, width = x.shape
        # (B, T, 3, heads, width / heads), then (3, B, heads, T, width / heads)
        qkv = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        # What fills up a text comes after it, where a causal net does not look anyway.
        mask = None if real is None or self.causal else real[:, None, None, :]
        mixed = functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask,
            dropout_p=self.rate if self.training else 0.0,
            is_causal=self.causal,
        )
        joined = mixed.transpose(1, 2).reshape(batch, length, width)
        output: Tensor = self.dropout(self.project(joined))
        return output


class Block(nn.Module):
    """Attention, then two linear layers, each behind a norm and added to its input.

    The norm comes first, which trains without warm-up (Xiong et al. 2020).
    """

    def __init__(
        self, width: int, heads: int, ratio: float, name: Activation, causal: bool, dropout: float
    ) -> None:
        super().__init__()
        inside = round(ratio * width)
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads, causal, dropout)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, inside)
        self.activation = activation(name)
        self.project = nn.Linear(inside, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, real: Tensor | None) -> Tensor:
        """``(B, T, width) -> (B, T, width)``."""
        x = x + self.attention(self.norm1(x), real)
        inside = self.activation(self.expand(self.norm2(x)))
        output: Tensor = x + self.dropout(self.project(inside))
        return output


class Learned(nn.Module):
    """A vector a place, learned as the tokens' are."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(length, width) * SPREAD)

    def forward(self, length: int) -> Tensor:
        """``(T, width)``.

        Raises:
            ConfigError: if there are more steps than places.
        """
        if length > len(self.table):
            raise ConfigError(
                f"model.net.positions: learned for {len(self.table)} steps, but the input has "
                f"{length}; use at most {len(self.table)}, or positions=sinusoidal"
            )
        return self.table[:length]


class Sinusoidal(nn.Module):
    """Sines and cosines (Vaswani et al. 2017, section 3.5), with one learned scale.

    The scale lets them begin as small as the vectors that they are added to (Li et al. 2019,
    section 3.2).
    """

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(SPREAD * math.sqrt(2)))
        self.table: Tensor
        self.register_buffer("table", sinusoids(length, width), persistent=False)

    def forward(self, length: int) -> Tensor:
        """``(T, width)``, of any length."""
        table = self.table
        if length > len(table):
            table = sinusoids(length, table.shape[1]).to(table)
        return self.scale * table[:length]


POSITIONS: dict[str, Callable[[int, int], nn.Module]] = {
    "sinusoidal": Sinusoidal,
    "learned": Learned,
}


class Transformer(nn.Module):
    """Blocks of attention over tokens, or over patches of images (Dosovitskiy et al. 2021).

    For a class or a value it sums up the sequence; for the next token it is causal and answers
    at each step. Padding is neither attended to nor summed up.

    Args:
        spec: what the data looks like.
        width: the numbers of a step.
        layers: the blocks.
        heads: of attention in each; they divide ``width`` among themselves.
        ratio: how many times as wide the linear layers of a block are inside.
        activation: its name, see ``dlcli.nets.activation``.
        dropout: the share left out in training of attention, of what blocks add, and of inputs.
        positions: how a step knows its place: ``sinusoidal``, of any length, or ``learned``, up
            to the longest example.
        patch: the side of a patch in pixels, or its steps of a signal; null for one that fits.
        pool: what sums up a sequence: the ``mean`` of its steps, or a step of its own, ``cls``
            (Devlin et al. 2019, section 3).
        tied: a language model's outputs are its tokens' vectors (Press & Wolf 2017).
        embedding_dropout: the share of the numbers of tokens left out in training.
        bigrams: the buckets of pairs of neighbouring tokens; 0 for none.

    Raises:
        ConfigError: if an argument is out of range, or the data has no order.
    """

    def __init__(
        self,
        spec: DataSpec,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        ratio: float = 4.0,
        activation: Activation = "gelu",
        dropout: float = 0.1,
        positions: Positions = "sinusoidal",
        patch: int | None = None,
        pool: Pool = "mean",
        tied: bool = False,
        embedding_dropout: float = 0.0,
        bigrams: int = 0,
    ) -> None:
        super().__init__()
        check_arguments(width, layers, heads, ratio, positions, pool, dropout)
        check_tied(spec, tied)
        check_ordered("transformer", spec)
        self.padding = spec.padding
        self.each_step = spec.target == "next_token"
        if spec.kind == "tokens":
            tokens = Embedding(len(spec.vocabulary), width, embedding_dropout, bigrams)
            source = Sequence(tokens, width, spec.shape[0])
            self.stem: nn.Module = tokens
        else:
            source = patches(spec, patch)
            self.stem = nn.Sequential(source.stem, nn.Linear(source.features, width))
        self.positions = POSITIONS[positions](source.length, width)
        self.cls = cls_of(width) if pool == "cls" and not self.each_step else None
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            Block(width, heads, ratio, activation, self.each_step, dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.head = sequence_head("transformer", width, spec)
        self.apply(initialise)
        self._shrink_residuals()
        if tied:
            self.head.weight = self.stem.tokens.weight  # type: ignore[union-attr, assignment]

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``, or ``(B, T, spec.outputs)`` for tokens."""
        real = real_steps(x, self.padding)
        steps = self.stem(x)
        steps = steps + self.positions(steps.shape[1])
        if self.cls is not None:
            steps = torch.cat([self.cls.expand(len(steps), 1, -1), steps], dim=1)
            real = real if real is None else functional.pad(real, (1, 0), value=True)
        steps = self.dropout(steps)
        for block in self.blocks:
            steps = block(steps, real)
        output: Tensor = self.head(self._sum_up(self.norm(steps), real))
        return output

    def _sum_up(self, steps: Tensor, real: Tensor | None) -> Tensor:
        """The features of a sequence, ``(B, T, width) -> (B, width)``; of each step as they are."""
        if self.each_step:
            return steps
        return steps[:, 0] if self.cls is not None else masked_mean(steps, real)

    def _shrink_residuals(self) -> None:
        """Make what blocks add smaller, the more of them there are (Radford et al. 2019, 2.3)."""
        spread = SPREAD / math.sqrt(2 * len(self.blocks))
        for name, weight in self.named_parameters():
            if name.endswith("project.weight"):
                nn.init.normal_(weight, std=spread)


def initialise(layer: nn.Module) -> None:
    """Small normal weights, no offsets."""
    if isinstance(layer, (nn.Linear, nn.Embedding)):
        nn.init.normal_(layer.weight, std=SPREAD)
    if isinstance(layer, nn.Linear):
        nn.init.zeros_(layer.bias)


def cls_of(width: int) -> nn.Parameter:
    """The step that sums up a sequence, ``(1, 1, width)``, with its place in it."""
    return nn.Parameter(torch.randn(1, 1, width) * SPREAD)


def sinusoids(length: int, width: int) -> Tensor:
    """``(length, width)``: sines in the even places, cosines in the odd ones."""
    # single precision, whatever the default: half has no room for places beyond a few hundred
    places = torch.arange(length, dtype=torch.float32).unsqueeze(1)
    even = torch.arange(0, width, 2, dtype=torch.float32)
    rates = torch.exp(even * (-math.log(10_000) / width))
    table = torch.zeros(length, width, dtype=torch.float32)
    table[:, 0::2] = torch.sin(places * rates)
    table[:, 1::2] = torch.cos(places * rates[: width // 2])
    return table


def check_arguments(
    width: int, layers: int, heads: int, ratio: float, positions: str, pool: str, dropout: float
) -> None:
    """Raise ConfigError if one of them is out of range."""
    check_positive(width=width, layers=layers, heads=heads, ratio=ratio)
    check_choice("positions", positions, POSITIONS)
    check_choice("pool", pool, ("mean", "cls"))
    check_dropout(dropout)
    if width % heads:
        fitting = [count for count in range(1, width + 1) if width % count == 0]
        nearest = min(fitting, key=lambda count: abs(count - heads))
        raise ConfigError(
            f"model.net.heads: {heads} heads cannot share a width of {width} evenly; "
            f"use {nearest}, or a width of {math.ceil(width / heads) * heads}"
        )


def check_tied(spec: DataSpec, tied: bool) -> None:
    """Raise ConfigError if there are no tokens among the outputs."""
    if tied and spec.target != "next_token":
        raise ConfigError(
            "model.net.tied: true, but only a language model's outputs are tokens; use false"
        )
