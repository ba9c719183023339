"""Convolutions over a text, each summed up by its largest answer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.check import check_dropout, check_positive
from dlcli.nets.embedding import Embedding
from dlcli.nets.head import head
from dlcli.nets.sequence import masked_max, real_steps


class TextCNN(nn.Module):
    """Filters of several widths over words, max-pooled over time (Kim 2014, section 2).

    A filter sees every window with a word of the text in it, and zeros beyond its ends (the wide
    convolution of Kalchbrenner et al. 2014, section 3.1); so a text may be shorter than a filter,
    and what it is filled up with changes nothing.

    Args:
        spec: what the data looks like; tokens only.
        embedding: the numbers that stand for a token.
        windows: how many words filters of each kind see.
        channels: the filters of each kind.
        activation: its name, see ``dlcli.nets.activation``.
        dropout: the share of features left out in training, before the head.
        embedding_dropout: the share of the numbers of tokens left out in training.
        bigrams: the buckets of pairs of neighbouring tokens; 0 for none.
        embedding_spread: the standard deviation of the initial numbers of tokens.

    Raises:
        ConfigError: if an argument is out of range, or the data is not tokens.
    """

    def __init__(
        self,
        spec: DataSpec,
        embedding: int = 128,
        windows: Sequence[int] = (3, 4, 5),
        channels: int = 100,
        activation: Activation = "relu",
        dropout: float = 0.5,
        embedding_dropout: float = 0.0,
        bigrams: int = 0,
        embedding_spread: float = 0.1,
    ) -> None:
        super().__init__()
        check_dropout(dropout)
        check_positive(channels=channels)
        check_windows(windows)
        if spec.kind != "tokens":
            raise ConfigError(f"model=cnn/text: reads tokens, not {spec.kind}; use model=cnn")
        self.padding = spec.padding
        self.stem = Embedding(
            len(spec.vocabulary), embedding, embedding_dropout, bigrams, embedding_spread
        )
        self.filters = nn.ModuleList(
            Filters(embedding, channels, window, activation) for window in windows
        )
        self.dropout = nn.Dropout(dropout)
        self.head = head("cnn/text", channels * len(windows), spec)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, T) -> (B, spec.outputs)``."""
        real = real_steps(x, self.padding)
        steps = self.stem(x)
        if real is not None:
            steps = steps * real.unsqueeze(-1)
        features = torch.cat([filters(steps, real) for filters in self.filters], dim=1)
        output: Tensor = self.head(self.dropout(features))
        return output


class Filters(nn.Module):
    """Filters of one width, and the largest answer of each."""

    def __init__(self, inputs: int, channels: int, window: int, name: Activation) -> None:
        super().__init__()
        self.beyond = window - 1
        self.convolve = nn.Conv1d(inputs, channels, window, padding=self.beyond)
        self.activation = activation(name)

    def forward(self, steps: Tensor, real: Tensor | None) -> Tensor:
        """``(B, T, inputs)``, zero where it is not real, ``-> (B, channels)``."""
        answers = self.activation(self.convolve(steps.transpose(1, 2))).transpose(1, 2)
        if real is not None:
            # The windows that begin beyond the end of the text see nothing of it.
            real = functional.pad(real, (self.beyond, 0), value=True)
        return masked_max(answers, real)


def check_windows(windows: Sequence[int]) -> None:
    """Raise ConfigError unless there are filters, and each sees a word."""
    if not windows or any(window < 1 for window in windows):
        raise ConfigError(
            f"model.net.windows: {list(windows)}; name at least one positive number of words"
        )
