"""The task of predicting the next token everywhere in a text."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from dlcli.models.mean import countable
from dlcli.models.task import TRAIN, Better, Loss, LossName, Task, chosen

LOSSES: dict[str, Loss] = {"cross_entropy": functional.cross_entropy}

# What PyTorch ignores where nothing else is to be.
NO_TOKEN = -100


class NextTokens(Task):
    """Output ``(B, T, vocabulary)``, target ``(B, T)``; every token that is no padding counts.

    Args:
        padding: the index of the token that fills up short texts; None where there is none.
        loss: its name.
        label_smoothing: how much of the target goes to all tokens alike (Szegedy et al. 2016).

    Raises:
        ConfigError: the loss is none for tokens.
    """

    headline = ("loss", "acc", "perplexity")

    def __init__(
        self,
        padding: int | None = None,
        loss: LossName = "auto",
        label_smoothing: float = 0.0,
    ) -> None:
        _, self._loss = chosen(loss, LOSSES, "next tokens")
        self.ignored = NO_TOKEN if padding is None else padding
        self.label_smoothing = label_smoothing

    def better(self, stage: str) -> Mapping[str, Better]:
        """``loss`` and ``acc``; of an evaluation ``perplexity`` and ``bpc``, too."""
        train: dict[str, Better] = {"loss": "min", "acc": "max"}
        return train if stage == TRAIN else {**train, "perplexity": "min", "bpc": "min"}

    def quantities(self, stage: str) -> int:
        """Loss, right tokens, and tokens."""
        return 3

    def loss(self, output: Tensor, target: Tensor, stage: str) -> Tensor:
        """Cross-entropy in nats a token."""
        total = self._loss(
            output.flatten(0, 1).float(),  # a sum over all tokens is beyond 16 bits
            target.flatten(),
            ignore_index=self.ignored,
            reduction="sum",
            label_smoothing=self.label_smoothing if stage == TRAIN else 0.0,
        )
        return total / self._tokens(target).clamp(min=1)

    def sums(self, stage: str, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """Loss, right tokens, and tokens."""
        tokens = self._tokens(target)
        right = ((output.argmax(-1) == target) & (target != self.ignored)).sum()
        return torch.stack([countable(loss) * tokens, right, tokens])

    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """``perplexity`` is e to the loss; ``bpc`` the loss in bits, where tokens are characters
        the bits a character.
        """
        loss, acc = means[0] / means[2], means[1] / means[2]
        if stage == TRAIN:
            return {"loss": loss, "acc": acc}
        return {"loss": loss, "acc": acc, "perplexity": loss.exp(), "bpc": loss / math.log(2)}

    def _tokens(self, target: Tensor) -> Tensor:
        return (target != self.ignored).sum()
