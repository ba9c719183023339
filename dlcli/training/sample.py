"""Text that a recorded language model writes, token by token."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from dlcli.config.instantiate import instantiate
from dlcli.data.spec import DataSpec
from dlcli.errors import CheckpointError, ConfigError
from dlcli.training.checkpoint import load
from dlcli.training.experiment import build_model
from dlcli.training.source import Source
from dlcli.training.weights import restore


class Tokenizer(Protocol):
    """How a data module reads and writes its texts."""

    @property
    def unknown(self) -> int:
        """The index of a token that is not in the vocabulary."""

    def encode(self, text: str) -> Tensor:
        """The indices of a text's tokens, ``(T,)``."""

    def strangers(self, text: str) -> list[str]:
        """The tokens of a text that are not in the vocabulary."""

    def decode(self, indices: list[int]) -> str:
        """The text of some indices."""


@dataclass(frozen=True)
class Sampling:
    """How the next token is picked.

    Args:
        length: how many tokens to write.
        temperature: what the logits are divided by; 0 always takes the likeliest token.
        top_k: how many of the likeliest tokens to pick from; None for all.
        seed: what the picks come from.

    Raises:
        ConfigError: if one of them is out of range.
    """

    length: int = 500
    temperature: float = 0.8
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        problems = []
        if self.length < 1:
            problems.append(f"--length: {self.length} is not positive")
        if not 0 <= self.temperature < math.inf:
            problems.append(
                f"--temperature: {self.temperature}; it must be 0 (the likeliest token) or above"
            )
        if self.top_k is not None and self.top_k < 1:
            problems.append(f"--top-k: {self.top_k} is not positive")
        if problems:
            raise ConfigError(problems)

    def pick(self, logits: Tensor, generator: torch.Generator) -> int:
        """The next token by the logits ``(V,)``."""
        if not self.temperature:
            return int(logits.argmax())
        if self.top_k is not None and self.top_k < len(logits):
            least = logits.topk(self.top_k).values[-1]
            logits = logits.masked_fill(logits < least, -torch.inf)
        # The largest is taken off first, so that no temperature makes all of them infinite.
        chances = functional.softmax((logits - logits.max()) / self.temperature, dim=-1)
        return int(torch.multinomial(chances, 1, generator=generator))


@dataclass(frozen=True)
class LanguageModel:
    """A trained net and the vocabulary that it was trained on.

    Args:
        net: maps tokens ``(1, T)`` to logits ``(1, T, V)``.
        tokenizer: reads the prompt, and writes what the net answers.
        spec: of the data that it was trained on.
    """

    net: torch.nn.Module
    tokenizer: Tokenizer
    spec: DataSpec

    def write(self, prompt: str, how: Sampling) -> Iterator[str]:
        """What comes after a prompt, a token at a time.

        Args:
            prompt: where to begin; of an empty one, at the beginning of a line.
            how: to pick each token.
        """
        tokens = self.tokenizer.encode(prompt).tolist() or [self._beginning()]
        generator = torch.Generator().manual_seed(how.seed)
        for _ in range(how.length):
            tokens.append(how.pick(self._logits(tokens), generator))
            # How a token is written depends on the one before it.
            before, both = (self.tokenizer.decode(tokens[part:][:n]) for part, n in PAIR)
            yield both[len(before) :]

    def _logits(self, tokens: list[int]) -> Tensor:
        """Those of the next token, ``(V,)``; what stands for no token is not written."""
        device = next((weight.device for weight in self.net.parameters()), None)
        context = torch.tensor(tokens[-self.spec.shape[0] :], device=device).unsqueeze(0)
        with torch.inference_mode():
            logits: Tensor = self.net(context)[0, -1].float().cpu()
        silent = [self.tokenizer.unknown, self.spec.padding]
        written_never = torch.tensor([index for index in silent if index is not None])
        return logits.index_fill(0, written_never, -torch.inf)

    def _beginning(self) -> int:
        vocabulary = self.spec.vocabulary
        known = (vocabulary.index(token) for token in ("\n", " ", ".") if token in vocabulary)
        return next(known, len(vocabulary) - 1)


# The last token but one, and the last two: where they begin and how many they are.
PAIR = ((-2, 1), (-2, 2))


def language_model(source: Source) -> LanguageModel:
    """Rebuild a language model from its checkpoint alone; its text is not read.

    Raises:
        ConfigError: it is no language model.
        CheckpointError: damaged, or without the vocabulary.
    """
    config = source.config
    data = instantiate(config.values["data"], config.allow)
    if not hasattr(data, "language"):
        raise ConfigError(
            f"RUN {source.name}: is no language model; it was trained on "
            f"{type(data).__name__}, and only a model of a text writes one: "
            "dlcli train data=text data.path=FILE model=rnn/char_lstm"
        )
    checkpoint = load(source.checkpoint)
    data.go_by(fitted(checkpoint, source))
    tokenizer, spec = data.language()
    model = build_model({**config.values, "compile": False}, spec, config.allow)
    restore(model, checkpoint["state_dict"], source.checkpoint)
    return LanguageModel(model.eval(), tokenizer, spec)


def fitted(checkpoint: dict[str, Any], source: Source) -> dict[str, Any]:
    """What the data module fitted, with the vocabulary in it.

    Raises:
        CheckpointError: it is not there.
    """
    found: dict[str, Any] = checkpoint.get("dlcli", {}).get("fitted", {})
    if "vocabulary" not in found.get("encoding", {}):
        raise CheckpointError(
            f"{source.checkpoint}: holds no vocabulary, so what its tokens mean is not known; "
            "train it again"
        )
    return found
