"""Tokens as vectors, with what keeps them from being learned by heart."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from dlcli.errors import ConfigError
from dlcli.nets.check import check_dropout, check_positive

# Any odd number above the size of a vocabulary spreads pairs over the buckets.
MULTIPLIER = 2_654_435_761


class Embedding(nn.Module):
    """A vector a token; where asked for, a vector for each pair of neighbours is added to it.

    Args:
        vocabulary: the number of tokens.
        width: the numbers that stand for a token.
        dropout: the share of the numbers left out in training.
        bigrams: the buckets into which pairs of a token and the one before it are hashed
            (Joulin et al. 2017, section 2.2); 0 for none.
        spread: the standard deviation of the initial numbers. Where words are many and seen
            seldom, small ones keep a net from telling texts apart by words it has not learned.

    Raises:
        ConfigError: if an argument is out of range.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int,
        dropout: float = 0.0,
        bigrams: int = 0,
        spread: float = 1.0,
    ) -> None:
        super().__init__()
        check_positive(embedding=width, embedding_spread=spread)
        check_dropout(dropout, "embedding_dropout")
        if bigrams < 0:
            raise ConfigError(f"model.net.bigrams: {bigrams} is negative; 0 is for none")
        self.tokens = nn.Embedding(vocabulary, width)
        self.pairs = nn.Embedding(bigrams, width) if bigrams else None
        self.dropout = nn.Dropout(dropout)
        for table in (self.tokens, self.pairs):
            if table is not None:
                table.weight.data.mul_(spread)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, T)`` indices ``-> (B, T, width)``."""
        vectors = self.tokens(x)
        if self.pairs is not None:
            vectors = vectors + self.pairs(pairs(x, self.pairs.num_embeddings))
        output: Tensor = self.dropout(vectors)
        return output


def pairs(x: Tensor, buckets: int) -> Tensor:
    """The bucket of each token and the one before it, ``(B, T) -> (B, T)``; the first has 0."""
    before = functional.pad(x[:, :-1] + 1, (1, 0))
    return ((before * MULTIPLIER + x) % buckets) * (before > 0)
