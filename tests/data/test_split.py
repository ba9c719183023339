"""Splits are seeded, hold each example once, and give every class its share."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.split import plain, share_of, stratified
from dlcli.errors import ConfigError

FRACTIONS = {"test": 0.2, "val": 0.1}


def test_parts_hold_each_example_once():
    parts = stratified(torch.arange(97) % 3, FRACTIONS, seed=0)
    assert {name: len(part) for name, part in parts.items()} == {"test": 19, "val": 10, "rest": 68}
    assert sorted(torch.cat(list(parts.values())).tolist()) == list(range(97))


def test_every_class_has_its_share_to_within_one_example():
    labels = torch.tensor([0] * 500 + [1] * 100 + [2] * 50 + [4] * 10)
    parts = stratified(labels, FRACTIONS, seed=3)
    counts = torch.bincount(labels[parts["test"]], minlength=5)
    expected = torch.tensor([100.0, 20.0, 10.0, 0.0, 2.0])
    assert bool(((counts - expected).abs() <= 1).all())


@pytest.mark.parametrize(
    "split",
    [lambda s: stratified(torch.zeros(50).long(), FRACTIONS, s), lambda s: plain(50, FRACTIONS, s)],
)
def test_the_seed_decides(split):
    assert torch.equal(split(0)["test"], split(0)["test"])
    assert not torch.equal(split(0)["test"], split(1)["test"])


def test_values_are_split_without_classes():
    parts = plain(10, FRACTIONS, seed=0)
    assert [len(parts[name]) for name in ("test", "val", "rest")] == [2, 1, 7]
    assert sorted(torch.cat(list(parts.values())).tolist()) == list(range(10))


def test_a_part_of_the_training_split_is_as_large_as_asked_for():
    assert round(share_of(7, 90) * 90) == 7


@pytest.mark.parametrize("size", [0, 91])
def test_more_than_there_is_or_nothing_is_refused(size):
    with pytest.raises(ConfigError) as caught:
        share_of(size, 90)
    assert caught.value.problems == [
        f"data.train_size: {size} of the 90 examples to train on; "
        "it must be from 1 to 90, or null for all"
    ]
