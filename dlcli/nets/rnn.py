"""Recurrent networks: Elman's, LSTM and GRU, in one direction or both, in one layer or more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.check import check_choice, check_dropout, check_positive
from dlcli.nets.embedding import Embedding
from dlcli.nets.head import sequence_head
from dlcli.nets.sequence import check_ordered, masked_max, masked_mean, real_steps, sequence

Cell = Literal["elman", "lstm", "gru"]
Pool = Literal["last", "mean", "max"]

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
POOLS: dict[str, Callable[[Tensor, Tensor | None], Tensor]] = {
    "mean": masked_mean,
    "max": masked_max,
}


class RNN(nn.Module):
    """Reads images by rows, signals by instants and texts by tokens, one step after the other.

    For a class or a value it sums up the sequence; for the next token it answers at each step.
    Texts are read up to their own end, whatever they are filled up with.

    Args:
        spec: what the data looks like.
        cell: ``elman`` (Elman 1990), ``lstm`` (Hochreiter & Schmidhuber 1997) or ``gru``
            (Cho et al. 2014).
        hidden: the units of a layer, in each direction.
        layers: stacked one above the other.
        bidirectional: read backwards, too (Schuster & Paliwal 1997).
        embedding: the numbers that stand for a token.
        dense: the units of linear layers with ReLU before the head.
        pool: what sums up a sequence: the ``last`` states, or the ``mean`` or the ``max`` of all.
        dropout: the share of units left out in training, between layers and before the head.
        embedding_dropout: the share of the numbers of tokens left out in training.
        bigrams: the buckets of pairs of neighbouring tokens; 0 for none.
        embedding_spread: the standard deviation of the initial numbers of tokens.

    Raises:
        ConfigError: if an argument is out of range, the data has no order, or the next token is
            asked for and the net reads backwards.
    """

    def __init__(
        self,
        spec: DataSpec,
        cell: Cell = "lstm",
        hidden: int = 128,
        layers: int = 1,
        bidirectional: bool = False,
        embedding: int = 64,
        dense: Sequence[int] = (),
        pool: Pool = "last",
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        bigrams: int = 0,
        embedding_spread: float = 1.0,
    ) -> None:
        super().__init__()
        check_arguments(cell, hidden, layers, dense, pool, dropout)
        check_direction(spec, bidirectional)
        check_ordered("rnn", spec)
        tokens = None
        if spec.kind == "tokens":
            tokens = Embedding(
                len(spec.vocabulary), embedding, embedding_dropout, bigrams, embedding_spread
            )
        source = sequence("rnn", spec, tokens, embedding)
        self.padding = spec.padding
        self.pool = pool
        self.each_step = spec.target == "next_token"
        self.directions = 2 if bidirectional else 1
        self.stem = source.stem
        self.rnn = CELLS[cell](
            source.features,
            hidden,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,  # PyTorch's is between layers only
        )
        self.dropout = nn.Dropout(dropout)
        widths = [hidden * self.directions, *dense]
        self.dense = nn.Sequential(*(layer(*pair) for pair in pairwise(widths)))
        self.head = sequence_head("rnn", widths[-1], spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``, or ``(B, T, spec.outputs)`` for tokens."""
        steps = self.stem(x)
        if self.each_step:
            features, _ = self.rnn(steps)
        else:
            features = self._sum_up(steps, real_steps(x, self.padding))
        output: Tensor = self.head(self.dense(self.dropout(features)))
        return output

    def _sum_up(self, steps: Tensor, real: Tensor | None) -> Tensor:
        """The features of a sequence, ``(B, T, F) -> (B, hidden * directions)``."""
        if real is None:
            states, last = self.rnn(steps)
        else:
            packed = pack_padded_sequence(
                steps, real.sum(1).cpu(), batch_first=True, enforce_sorted=False
            )
            packed_states, last = self.rnn(packed)
            states, _ = pad_packed_sequence(
                packed_states, batch_first=True, total_length=steps.shape[1]
            )
        if self.pool != "last":
            return POOLS[self.pool](states, real)
        # An LSTM has a cell beside its hidden state; the states of the last layer come last.
        hidden: Tensor = last[0] if isinstance(last, tuple) else last
        return torch.cat(list(hidden[-self.directions :]), dim=1)


def layer(inputs: int, outputs: int) -> nn.Sequential:
    """Linear, ReLU."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU())


def check_arguments(
    cell: str, hidden: int, layers: int, dense: Sequence[int], pool: str, dropout: float
) -> None:
    """Raise ConfigError if one of them is out of range."""
    check_choice("cell", cell, CELLS)
    check_choice("pool", pool, ("last", *POOLS))
    check_positive(hidden=hidden, layers=layers)
    check_dropout(dropout)
    if any(width < 1 for width in dense):
        raise ConfigError(f"model.net.dense: {list(dense)}; every width must be positive")


def check_direction(spec: DataSpec, bidirectional: bool) -> None:
    """Raise ConfigError if the net would read the very tokens that it is to predict."""
    if bidirectional and spec.target == "next_token":
        raise ConfigError(
            "model.net.bidirectional: true, but this data asks for the next token, "
            "which reading backwards would give away; use false"
        )
