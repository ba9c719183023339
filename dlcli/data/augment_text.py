"""Random changes to a batch of texts that keep what they say."""

from __future__ import annotations

import torch
from torch import Tensor

from dlcli.data.labelled_text import SPECIAL
from dlcli.data.tokenizer import PADDING, UNKNOWN
from dlcli.errors import ConfigError


class TextAugment:
    """Make words of a batch unknown, each at random (Iyyer et al. 2015, section 3).

    Args:
        word_dropout: the chance of a word to become ``<unk>``, so that a net learns to do without
            it, and what to make of words that it has never seen.

    Raises:
        ConfigError: if ``word_dropout`` is not in [0, 1).
    """

    def __init__(self, word_dropout: float = 0.0) -> None:
        if not 0 <= word_dropout < 1:
            raise ConfigError(f"data.augment.word_dropout: {word_dropout} is not in [0, 1)")
        self.word_dropout = word_dropout

    def __call__(self, tokens: Tensor, generator: torch.Generator) -> Tensor:
        """A changed copy of a batch ``(B, T)``, drawn from ``generator``; padding stays."""
        if not self.word_dropout:
            return tokens
        dropped = torch.rand(tokens.shape, generator=generator) < self.word_dropout
        dropped = dropped.to(tokens.device) & (tokens != SPECIAL.index(PADDING))
        return tokens.masked_fill(dropped, SPECIAL.index(UNKNOWN))
