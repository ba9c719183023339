"""How good generated examples are, in the eyes of a classifier that was trained on real ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcli.data.seed import generator
from dlcli.data.spec import DataSpec
from dlcli.models.exact import Convert, exact
from dlcli.models.frechet import frechet
from dlcli.models.mean import countable
from dlcli.nets.referee import Referee

Batch = tuple[Tensor, Tensor]

# What a referee is trained with: seconds on a core, and 0.98 and more on handwritten digits.
EXAMPLES = 20_000
STEPS = 600
BATCH = 128
RATE = 0.004
# Inputs without classes are compared themselves, in so many numbers at most.
NUMBERS = 256
# A class is covered if it is generated at least this much as often as it is there; stray examples
# that the referee gets wrong do not count.
COVERED = 0.25


class Judge(nn.Module):
    """Compares generated examples with real ones.

    Where there are classes it does so by a referee, a small classifier that it trains once on real
    examples; its weights are part of the module's, and so of checkpoints. Else it compares the
    inputs themselves, averaged to 256 numbers where they are more. It does so in single precision
    where the training is in half.

    Args:
        spec: what the data looks like.
    """

    trained: Tensor

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.classes = len(spec.classes) if spec.target == "class" else 0
        self.referee = Referee(spec) if self.classes else None
        self.numbers = min(spec.features, NUMBERS)
        self.register_buffer("trained", torch.tensor(not self.classes))
        self.requires_grad_(False)

    def look(self, examples: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features ``(B, F)`` of prepared inputs, and the class taken for each ``(B,)``."""
        if self.referee is None:
            flat = countable(examples.flatten(1).unsqueeze(1))
            return functional.adaptive_avg_pool1d(flat, self.numbers).squeeze(1), None
        with torch.autocast(examples.device.type, enabled=False):
            features, logits = self.referee(examples)
        return features, logits.argmax(1)

    def train_referee(self, batches: Iterable[Batch], seed: int = 0) -> None:
        """Fit the referee to real examples; a pure function of them, the seed and its weights.

        Args:
            batches: of the training split, ``(B, *spec.shape)`` and ``(B,)``.
            seed: of the order.
        """
        if self.referee is None:
            return
        inputs, labels = sample(batches, EXAMPLES, seed)
        order = generator(seed, "referee")
        self.referee.requires_grad_(True)
        optimizer = torch.optim.Adam(self.referee.parameters(), RATE)
        curve = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
        with torch.enable_grad():
            for _ in range(STEPS):
                chosen = torch.randint(len(inputs), (BATCH,), generator=order).to(inputs.device)
                _, logits = self.referee(inputs[chosen])
                optimizer.zero_grad()
                functional.cross_entropy(logits, labels[chosen]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                curve.step()
        self.referee.requires_grad_(False)
        self.trained.fill_(True)

    def _apply(self, fn: Convert, recurse: bool = True) -> Self:
        super()._apply(exact(fn), recurse)  # type: ignore[no-untyped-call]
        return self

    def compare(
        self, real: Batch, made: Tensor, taken: Tensor | None, asked: Tensor | None
    ) -> dict[str, Tensor]:
        """How like real examples generated ones are.

        Args:
            real: features ``(N, F)`` of real examples, and their targets ``(N, ...)``.
            made: features ``(M, F)`` of generated ones.
            taken: the class that the referee takes each for, ``(M,)``.
            asked: the class that was asked for, ``(M,)``; None where none was.

        Returns:
            ``frechet``; with classes ``classes_covered``; of those asked for, ``recognised``.
        """
        found = {"frechet": frechet(real[0], made)}
        if taken is not None:
            found["classes_covered"] = covered(real[1], taken, self.classes)
        if taken is not None and asked is not None:
            found["recognised"] = (taken == asked).double().mean()
        return found


def sample(batches: Iterable[Batch], most: int, seed: int) -> Batch:
    """At most so many examples of all batches, each as likely as any other."""
    draw = generator(seed, "sample")
    held: list[tuple[Tensor, ...]] = []
    count = 0
    for inputs, labels in batches:
        held.append((torch.rand(len(inputs), generator=draw), inputs, labels))
        count += len(inputs)
        if count > 2 * most:  # so that no more is held than needed, and seldom copied
            held, count = [smallest(held, most)], most
    _, inputs, labels = smallest(held, most)
    return inputs, labels


def smallest(held: list[tuple[Tensor, ...]], most: int) -> tuple[Tensor, ...]:
    """The examples with the smallest keys, which come first in each part of ``held``."""
    keys, *rest = (torch.cat(parts) for parts in zip(*held, strict=True))
    order = keys.argsort()[:most]
    return (keys[order], *(part[order.to(part.device)] for part in rest))


def covered(labels: Tensor, taken: Tensor, classes: int) -> Tensor:
    """How many classes are found among ``taken`` a quarter as often as among ``labels``."""
    there = labels.bincount(minlength=classes).double() / len(labels)
    found = taken.bincount(minlength=classes).double() / len(taken)
    return ((found >= COVERED * there) & (there > 0)).sum()
