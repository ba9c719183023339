"""Exclusive or is learnt from a scaled start, and all of it is in every split."""

from __future__ import annotations

import torch

from benchmarks.xor import learns
from dlcli.data.xor import XOR


def test_every_split_is_the_four_points() -> None:
    data = XOR()
    data.setup()
    for split in ("train", "val", "test"):
        ((points, answers),) = data.eval_dataloader(split)
        assert torch.equal(answers, (points[:, 0] != points[:, 1]).float())
        assert len(points) == 4
    assert data.spec.outputs == 1


def test_a_scaled_start_learns_what_a_wide_one_does_not() -> None:
    # The first seed for which the wide start ends in a local minimum.
    assert learns("xor_lecun", 0)
    assert not learns("xor_uniform", 0)
