"""What is kept of a split is from all over it, and not too much."""

from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch

from dlcli.models.spread import Spread


def test_places_are_whole_where_numbers_are_in_half_precision_by_default():
    spread = Spread(1000)
    spread.add((torch.arange(360),))  # 359 is 360 in 8 bits
    with pl.Trainer(precision="bf16-true", logger=False).precision_plugin.forward_context():
        (found,) = spread.examples(360)
    assert torch.equal(found, torch.arange(360))


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
@pytest.mark.parametrize("count", [3, 20, 39, 1000, 12345])
def test_examples_are_from_all_over_and_in_order(count, size):
    spread = Spread(10)
    everything = torch.arange(count)
    for part in everything.split(size):
        spread.add((part, -part))
        assert len(spread) <= 20
    inputs, targets = spread.examples(10)
    assert torch.equal(targets, -inputs)
    assert len(inputs) == min(count, 10)
    gaps = torch.cat([inputs, torch.tensor([count])]).diff(prepend=torch.tensor([0]))
    assert (gaps[1:] > 0).all()
    assert gaps.max() <= max(1, 3 * count // 10)
