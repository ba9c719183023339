"""Batches of tensors in memory, in an order that depends on the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from dlcli.data.seed import generator
from dlcli.errors import ConfigError

Batch = tuple[Tensor, Tensor]
Augmentation = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Shard:
    """Which part of every batch is this process's own."""

    rank: int = 0
    world: int = 1


class TensorLoader:
    """Batches by indexing, without workers or collating.

    Order and augmentation are pure functions of (seed, epoch, batch), so a loader that
    is told its epoch and batch goes on exactly where another one stopped.

    Args:
        inputs: all inputs, ``(N, ...)``.
        targets: all targets, ``(N, ...)``.
        batch_size: examples in a batch, over all processes together.
        seed: what order and augmentation come from.
        shuffle: another order every epoch, as for training; else the order of the data.
        augment: changes the inputs of a batch at random.
        prepare: makes the inputs of a batch into what a net reads, such as a normalisation.
        drop_last: leave out a last batch that is not full.
        shard: this process's part of every batch. Shuffled shards are of equal size, so that
            the mean of their gradients is that of the batch: the few examples of the last
            batch that cannot be shared out evenly are left out of that epoch, and so is a last
            one alone.

    Raises:
        ConfigError: if the processes cannot share a shuffled batch evenly.
    """

    # Lightning looks here first for the sampler that it tells the epoch.
    batch_sampler = None

    def __init__(
        self,
        inputs: Tensor,
        targets: Tensor,
        batch_size: int,
        *,
        seed: int = 0,
        shuffle: bool = False,
        augment: Augmentation | None = None,
        prepare: Callable[[Tensor], Tensor] | None = None,
        drop_last: bool = False,
        shard: Shard | None = None,
    ) -> None:
        self.inputs = inputs
        self.targets = targets
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.augment = augment
        self.prepare = prepare
        self.drop_last = drop_last
        self.shard = shard or Shard()
        self._epoch = 0
        self._batch = 0
        self._resume_at = 0
        if shuffle and batch_size % self.shard.world:
            raise ConfigError(
                f"data.batch_size: {batch_size} cannot be shared evenly by {self.shard.world} "
                f"processes; use a multiple of {self.shard.world}"
            )

    @property
    def sampler(self) -> TensorLoader:
        """Itself: Lightning tells a loader's sampler the epoch."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Take the order of ``epoch``, from its first batch unless a state says otherwise."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._batch = self._resume_at = 0

    @property
    def count(self) -> int:
        """The examples of a whole epoch."""
        return len(self.inputs)

    def __len__(self) -> int:
        """The batches of a whole epoch."""
        full, rest = divmod(self.count, self.batch_size)
        # A single example has no spread for batch norm, so it is left out where there are others.
        least = self.shard.world * (2 if full else 1) if self.shuffle else 1
        return full + int(rest >= least and not self.drop_last)

    def __iter__(self) -> Iterator[Batch]:
        # A generator: nothing is read from the state before the first batch is asked for,
        # because Lightning makes the iterator first and sets the epoch afterwards.
        order = self._order()
        start, self._resume_at = self._resume_at, 0
        for index in range(start, len(self)):
            self._batch = index + 1
            yield self._read(order, index)

    def state_dict(self) -> dict[str, int]:
        """The epoch, and how many of its batches were handed out."""
        return {"epoch": self._epoch, "batch": self._batch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Let the next iteration begin after the batches that ``state`` counts."""
        self._epoch = state["epoch"]
        self._batch = self._resume_at = state["batch"]

    def _order(self) -> Tensor | None:
        """The indices of this epoch, on the data's device; None for the data's own order."""
        if not self.shuffle:
            return None
        order = torch.randperm(self.count, generator=generator(self.seed, self._epoch, "order"))
        return order.to(self.inputs.device)

    def _read(self, order: Tensor | None, index: int) -> Batch:
        span = self._span(index)
        if order is None:
            inputs, targets = self.inputs[span], self.targets[span]
        else:
            # Five times as fast on bytes as indexing by brackets.
            chosen = order[span]
            inputs = self.inputs.index_select(0, chosen)
            targets = self.targets.index_select(0, chosen)
        if self.augment is not None:
            key = (self.seed, self._epoch, index, self.shard.rank, "augment")
            inputs = self.augment(inputs, generator(*key))
        if self.prepare is not None:
            inputs = self.prepare(inputs)
        return inputs, targets

    def _span(self, index: int) -> slice:
        """This process's part of a batch, as positions in the order."""
        rank, world = self.shard.rank, self.shard.world
        start = index * self.batch_size
        size = min(self.batch_size, self.count - start)
        if self.shuffle:
            size -= size % world
        return slice(start + size * rank // world, start + size * (rank + 1) // world)
