"""How little a language model expected each token of a passage."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dlcli.evaluation.case import Case
from dlcli.evaluation.looking import batches

LENGTH = 300  # tokens of a passage


@dataclass(frozen=True)
class Surprise:
    """The tokens of one passage or more, in their order, beside what was expected.

    Args:
        tokens: as the vocabulary has them.
        bits: -log2 of the probability that the model gave to each.
        expected: the token that it gave the largest probability.
        chances: that probability.
        opening: at which tokens a passage begins.
        before: the text before each passage.
    """

    tokens: Sequence[str]
    bits: Sequence[float]
    expected: Sequence[str]
    chances: Sequence[float]
    opening: Sequence[int]
    before: Sequence[Sequence[str]]

    def least(self, count: int) -> list[int]:
        """The places of the least expected tokens, the least expected first."""
        return sorted(range(len(self.bits)), key=lambda place: -self.bits[place])[:count]

    def context(self, place: int, count: int) -> list[str]:
        """At most so many tokens before one, of its passage or of the text before that."""
        passage = max(i for i, begin in enumerate(self.opening) if begin <= place)
        behind = [*self.before[passage], *self.tokens[self.opening[passage] : place]]
        return behind[-count:]


def surprise(case: Case) -> Surprise:
    """That of the first passages of the split; each token by as much context as in training."""
    block, words = case.spec.shape[0], case.spec.vocabulary
    tokens: list[str] = []
    bits: list[float] = []
    expected: list[str] = []
    chances: list[float] = []
    opening, preceding = [], []
    for before, passage in passages(case):
        logs = log_chances(case.model, torch.cat([before, passage]), len(before), block)
        shown = passage[-len(logs) :]  # the first token of all follows from nothing
        found, likeliest = logs.gather(1, shown[:, None])[:, 0], logs.max(1)
        opening.append(len(tokens))
        preceding.append([words[i] for i in [*before.tolist(), *passage[: -len(logs)].tolist()]])
        tokens += [words[i] for i in shown.tolist()]
        bits += (-found / math.log(2)).tolist()
        expected += [words[i] for i in likeliest.indices.tolist()]
        chances += likeliest.values.exp().tolist()
    return Surprise(tokens, bits, expected, chances, opening, preceding)


def passages(case: Case) -> list[tuple[Tensor, Tensor]]:
    """Passages of the split with the tokens before each; of data that has no such, its chunks."""
    device = case.model.device
    of_text = getattr(case.data, "passages", None)
    if callable(of_text):
        return [(before.to(device), own.to(device)) for before, own in of_text(case.split, LENGTH)]
    chunks = next(batches(case))[0]
    filled, count = case.spec.padding, max(LENGTH // chunks.shape[1], 1)
    own = [chunk if filled is None else chunk[chunk != filled] for chunk in chunks[:count]]
    return [(chunk[:0], chunk) for chunk in own if len(chunk) > 1]


def log_chances(model: Callable[[Tensor], Tensor], text: Tensor, first: int, block: int) -> Tensor:
    """The log-probabilities of every token at each place of a text from ``first`` on.

    The text is read in blocks that overlap by half, so that each token, but for those at the
    text's beginning, has between half a block and a whole one before it.

    Args:
        model: maps tokens ``(1, T)`` to logits ``(1, T, V)``.
        text: ``(N,)``.
        first: where to begin; at place 1 where it is 0, as nothing is before that.
        block: the most tokens that are read at once.

    Returns:
        ``(N - max(first, 1), V)``, in double precision.
    """
    step, found = max(block // 2, 1), []
    for begin in range(max(first, 1), len(text), step):
        end = min(begin + step, len(text))
        read = text[max(end - 1 - block, 0) : end - 1]
        found.append(model(read[None])[0, begin - end :])
    return torch.cat(found).double().log_softmax(-1)
