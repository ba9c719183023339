"""One long text as a line of tokens, and the chunks of it that a split has."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from dlcli.data.examples import Examples
from dlcli.data.tokenizer import Level, Tokenizer, cut


@dataclass(frozen=True)
class Stream:
    """A text, each token as a number that stands for it until a vocabulary is fitted.

    Args:
        symbols: the different tokens.
        numbers: for each token of the text its place in ``symbols``, ``(N,)``.
    """

    symbols: tuple[str, ...]
    numbers: Tensor

    def __len__(self) -> int:
        return len(self.numbers)

    def span(self, start: int, end: int) -> Stream:
        """The tokens from ``start`` to before ``end``, without a copy."""
        return Stream(self.symbols, self.numbers[start:end])

    def encoded(self, tokenizer: Tokenizer) -> Tensor:
        """The tokens' indices in a vocabulary, ``(N,)``."""
        return torch.tensor(tokenizer.number(self.symbols))[self.numbers]


def stream(text: str, level: Level, lower: bool) -> Stream:
    """The characters or the words of a text."""
    tokens = cut(text, level, lower)
    symbols = tuple(sorted(set(tokens)))
    if isinstance(tokens, str):
        codes = np.frombuffer(tokens.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        known = np.array([ord(symbol) for symbol in symbols])
        return Stream(symbols, torch.from_numpy(np.searchsorted(known, codes)))
    places = {symbol: place for place, symbol in enumerate(symbols)}
    return Stream(symbols, torch.tensor([places[token] for token in tokens]))


@dataclass(frozen=True)
class Chunks:
    """Chunks of a stream, each of ``block`` tokens, and behind each the token that comes next.

    Args:
        stream: the text.
        starts: where each chunk begins, in order, ``(n,)``.
        block: the tokens of a chunk.
    """

    stream: Stream
    starts: Tensor
    block: int

    @property
    def targets(self) -> Tensor:
        """Where each chunk begins; chunks have no classes."""
        return self.starts

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, indices: Tensor) -> Self:
        """The chunks at ``indices``."""
        return type(self)(self.stream, self.starts[indices], self.block)

    def update(self, digest: hashlib._Hash) -> None:
        """Add the text and where its chunks begin to a hash."""
        digest.update("\0".join(self.stream.symbols).encode("utf-8", "surrogatepass"))
        for tensor in (self.stream.numbers, self.starts):
            digest.update(tensor.contiguous().numpy().data)

    def counts(self) -> Counter[str]:
        """How often each token is in the chunks."""
        windows = self.stream.numbers.unfold(0, self.block, 1)
        found = torch.bincount(windows[self.starts].flatten(), minlength=len(self.stream.symbols))
        pairs = zip(self.stream.symbols, found.tolist(), strict=True)
        return Counter({symbol: count for symbol, count in pairs if count})

    def examples(self, tokenizer: Tokenizer) -> TextExamples:
        """The chunks by their indices in a vocabulary."""
        tokens = self.stream.encoded(tokenizer)
        inputs, targets = windows(tokens, self.block)
        return TextExamples(inputs[self.starts], targets[self.starts], tokens, self.starts)


@dataclass(frozen=True)
class TextExamples(Examples):
    """Chunks ``(n, block)`` and the same one token later, with the text they are cut from.

    Args:
        tokens: the text, ``(N,)``.
        starts: where the chunks begin in it, ``(n,)``.
    """

    tokens: Tensor
    starts: Tensor

    def to(self, device: torch.device) -> TextExamples:
        """The same on ``device``."""
        parts = (self.inputs, self.targets, self.tokens, self.starts)
        return TextExamples(*(part.to(device) for part in parts))

    def passages(self, length: int) -> list[tuple[Tensor, Tensor]]:
        """Passages that lie in the chunks, of so many tokens together, or as many as there are.

        Returns:
            For each a chunk's length of the text before it, as far as there is one, and itself.
        """
        block, starts = self.inputs.shape[1], self.starts.tolist()
        # where there are several chunks, not one that the text begins with
        begin = starts[1] if len(starts) > 1 and starts[0] == 0 else starts[0]
        known, found = set(starts), []
        while begin is not None and length:
            end = begin + block
            while end in known and end - begin < length:
                end += block
            end = min(end, begin + length)
            found.append((self.tokens[max(begin - block, 0) : begin], self.tokens[begin:end]))
            length -= end - begin
            begin = next((start for start in starts if start >= end), None)
        return found


def consecutive(stream: Stream, block: int) -> Chunks:
    """A stream cut into chunks one behind the other; what is left at its end is left out."""
    return Chunks(stream, torch.arange(0, len(stream) - block, block), block)


def windows(tokens: Tensor, block: int) -> tuple[Tensor, Tensor]:
    """Every ``block`` tokens on end, ``(N - block, block)``, and the same one later; views."""
    return tokens[:-1].unfold(0, block, 1), tokens[1:].unfold(0, block, 1)


def within(starts: Tensor, block: int) -> Tensor:
    """Every place where a window begins that lies in chunks alone, in order.

    Args:
        starts: where the chunks begin, in order.
        block: the tokens of a chunk and of a window.
    """
    followed = starts[:-1][starts.diff() == block]
    between = followed[:, None] + torch.arange(1, block, device=starts.device)
    return torch.cat([starts, between.flatten()]).sort().values
