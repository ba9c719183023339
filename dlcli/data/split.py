"""Seeded splits of a data set; each class keeps its share."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from dlcli.data.seed import generator
from dlcli.errors import ConfigError


def stratified(labels: Tensor, fractions: Mapping[str, float], seed: int) -> dict[str, Tensor]:
    """Indices of each named part and of the ``rest``; every class is shared out alike.

    Args:
        labels: the class of each example, ``(N,)``.
        fractions: the share of each part; what they leave is ``rest``.
        seed: what picks the examples.

    Returns:
        Sorted indices by name; together they are each index once.
    """
    rng = generator(seed, "split")
    shuffled = torch.randperm(len(labels), generator=rng)
    # A stable sort of shuffled labels: within a class the order is random. An example's
    # place along its class, as a fraction, says which part it falls in.
    grouped = shuffled[torch.argsort(labels[shuffled], stable=True)]
    counts = torch.bincount(labels)
    starts = counts.cumsum(0) - counts
    within = torch.arange(len(labels)) - starts[labels[grouped]]
    # Dealing out class by class with one running position keeps the totals exact too.
    place = (within + 0.5) / counts[labels[grouped]]
    return cut(grouped[torch.argsort(place, stable=True)], fractions)


def plain(count: int, fractions: Mapping[str, float], seed: int) -> dict[str, Tensor]:
    """Like ``stratified``, for targets that have no classes."""
    return cut(torch.randperm(count, generator=generator(seed, "split")), fractions)


def share_of(size: int, held: int) -> float:
    """What share of the training split ``size`` of its ``held`` examples are.

    Raises:
        ConfigError: if there are not as many.
    """
    if not 1 <= size <= held:
        raise ConfigError(
            f"data.train_size: {size} of the {held} examples to train on; "
            f"it must be from 1 to {held}, or null for all"
        )
    return size / held


def cut(order: Tensor, fractions: Mapping[str, float]) -> dict[str, Tensor]:
    """Cut ``order`` into the named shares, in turn, and the rest."""
    parts, start = {}, 0
    for name, fraction in fractions.items():
        end = start + round(fraction * len(order))
        parts[name] = order[start:end].sort().values
        start = end
    parts["rest"] = order[start:].sort().values
    return parts
