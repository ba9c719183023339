"""Batches of windows of a text, which begin at other places every epoch."""

from __future__ import annotations

import torch
from torch import Tensor

from dlcli.data.loader import Shard, TensorLoader
from dlcli.data.seed import generator
from dlcli.data.stream import TextExamples, windows, within


class WindowLoader(TensorLoader):
    """As many windows an epoch as the text has chunks, each from its own part of the text.

    Where they begin is a pure function of (seed, epoch): the places that are allowed are shared
    out among the windows, and each takes one of its share at random.

    Args:
        examples: the chunks of a training split; no window reaches out of them.
        batch_size: windows in a batch, over all processes together.
        seed: what places and order come from.
        drop_last: leave out a last batch that is not full.
        shard: this process's part of every batch.
    """

    def __init__(
        self,
        examples: TextExamples,
        batch_size: int,
        *,
        seed: int = 0,
        drop_last: bool = False,
        shard: Shard | None = None,
    ) -> None:
        block = examples.inputs.shape[1]
        inputs, targets = windows(examples.tokens, block)
        super().__init__(
            inputs, targets, batch_size, seed=seed, shuffle=True, drop_last=drop_last, shard=shard
        )
        self.allowed = within(examples.starts, block)
        self._count = len(examples)

    @property
    def count(self) -> int:
        """The windows of a whole epoch."""
        return self._count

    def _order(self) -> Tensor:
        """Where the windows of this epoch begin, shuffled."""
        rng = generator(self.seed, self._epoch, "windows")
        share = len(self.allowed) / self.count
        # In double precision, so that a text of any length is covered to its end.
        places = torch.arange(self.count) + torch.rand(self.count, generator=rng).double()
        chosen = (places * share).long().clamp(max=len(self.allowed) - 1)
        order = chosen[torch.randperm(self.count, generator=rng)]
        return self.allowed[order.to(self.allowed.device)]
