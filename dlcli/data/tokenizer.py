"""Texts as indices in a vocabulary, by characters or by words, and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor

Level = Literal["char", "word"]

UNKNOWN = "<unk>"
PADDING = "<pad>"

# A word; an English ending behind its apostrophe; any other sign by itself; the end of a line.
WORD = re.compile(r"\w+|['\u2019](?:s|t|re|ve|d|ll|m)\b|[^\w\s]|\n", re.IGNORECASE)
# What stands at the word before it, and what the word after it stands at.
CLOSING = re.compile(r" ([,.;:!?)\]}]|['\u2019](?:s|t|re|ve|d|ll|m)\b)", re.IGNORECASE)
OPENING = re.compile(r"([(\[{]) ")


@dataclass(frozen=True)
class Tokenizer:
    """Cuts texts into characters or words, and knows some of them by number.

    Args:
        level: what a token is.
        vocabulary: the tokens in the order of their indices, ``<unk>`` among them.
        lower: whether capitals are read as small letters.
    """

    level: Level
    vocabulary: tuple[str, ...]
    lower: bool = False

    @cached_property
    def indices(self) -> Mapping[str, int]:
        """The index of each token."""
        return {token: index for index, token in enumerate(self.vocabulary)}

    @property
    def unknown(self) -> int:
        """The index of every token that is not in the vocabulary."""
        return self.indices[UNKNOWN]

    def cut(self, text: str) -> Sequence[str]:
        """The tokens of a text, known or not."""
        return cut(text, self.level, self.lower)

    def number(self, tokens: Iterable[str]) -> list[int]:
        """The index of each token."""
        known, unknown = self.indices, self.unknown
        return [known.get(token, unknown) for token in tokens]

    def encode(self, text: str) -> Tensor:
        """The indices of a text's tokens, ``(T,)``."""
        return torch.tensor(self.number(self.cut(text)), dtype=torch.int64)

    def strangers(self, text: str) -> list[str]:
        """The tokens of a text that the vocabulary has not, each once."""
        return [token for token in dict.fromkeys(self.cut(text)) if token not in self.indices]

    def decode(self, indices: Iterable[int]) -> str:
        """The text of some indices; of words, with blanks where a writer would put them."""
        tokens = [self.vocabulary[index] for index in indices]
        return "".join(tokens) if self.level == "char" else joined(tokens)

    def state(self) -> dict[str, Any]:
        """What ``restored`` makes the same tokenizer of: plain containers, for a checkpoint."""
        return {"level": self.level, "vocabulary": list(self.vocabulary), "lower": self.lower}


def restored(state: Mapping[str, Any]) -> Tokenizer:
    """The tokenizer whose ``state`` this is."""
    return Tokenizer(state["level"], tuple(state["vocabulary"]), state["lower"])


def fit_tokenizer(
    counts: Mapping[str, int],
    level: Level,
    lower: bool = False,
    special: Sequence[str] = (UNKNOWN,),
    min_count: int = 1,
    most: int | None = None,
) -> Tokenizer:
    """A tokenizer for the tokens of a training split.

    Args:
        counts: how often each token is there.
        level: what a token is.
        lower: whether capitals are read as small letters.
        special: the tokens that come first, in this order; ``<unk>`` is one of them.
        min_count: tokens that are rarer are unknown.
        most: the largest size of the vocabulary; the rarest tokens beyond it are unknown.
    """
    frequent = [token for token, count in counts.items() if count >= min_count]
    frequent.sort(key=lambda token: (-counts[token], token))
    kept = frequent if most is None else frequent[: max(most - len(special), 0)]
    own = (token for token in sorted(kept) if token not in special)
    return Tokenizer(level, (*special, *own), lower)


def counted(texts: Iterable[Sequence[str]]) -> Counter[str]:
    """How often each token is in some texts."""
    counts: Counter[str] = Counter()
    for tokens in texts:
        counts.update(tokens)
    return counts


def cut(text: str, level: Level, lower: bool = False) -> Sequence[str]:
    """A text's characters; or its words, other signs and line ends, without the blanks."""
    text = text.lower() if lower else text
    return text if level == "char" else WORD.findall(text)


def joined(words: Iterable[str]) -> str:
    """Words as a line of text, or as many lines as there are line ends among them."""
    line = re.sub(r" ?\n ?", "\n", " ".join(words))
    return OPENING.sub(r"\1", CLOSING.sub(r"\1", line))


def trimmed(tokens: Tensor, padding: int) -> Tensor:
    """Texts ``(B, T)`` without the last places that are padding in all of them; at least one."""
    used = (tokens != padding).any(0).nonzero()
    return tokens[:, : int(used.max()) + 1] if len(used) else tokens[:, :1]
