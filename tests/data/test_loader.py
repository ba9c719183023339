"""Batches are a pure function of seed, epoch and batch, whoever asks for them."""

from __future__ import annotations

from itertools import chain

import pytest
import torch

from dlcli.data.augment import Augment
from dlcli.data.loader import Shard, TensorLoader
from dlcli.errors import ConfigError


def loader(count: int = 10, batch_size: int = 4, **options) -> TensorLoader:
    return TensorLoader(torch.arange(count), torch.arange(count), batch_size, **options)


def read(batches: TensorLoader) -> list[list[int]]:
    return [inputs.tolist() for inputs, _ in batches]


def flat(lists: list[list]) -> list:
    return [*chain.from_iterable(lists)]


def test_without_shuffling_the_order_is_that_of_the_data():
    assert read(loader()) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_drop_last_leaves_out_the_batch_that_is_not_full():
    batches = loader(drop_last=True)
    assert (len(batches), read(batches)) == (2, [[0, 1, 2, 3], [4, 5, 6, 7]])


def test_every_epoch_holds_each_example_once_in_another_order():
    batches = loader(shuffle=True)
    epochs = []
    for epoch in range(3):
        batches.set_epoch(epoch)
        epochs.append(flat(read(batches)))
    assert all(sorted(order) == list(range(10)) for order in epochs)
    assert len({tuple(order) for order in epochs}) == 3


def test_the_order_comes_from_the_seed_and_the_epoch_alone():
    one, other = loader(shuffle=True, seed=0), loader(shuffle=True, seed=0)
    one.set_epoch(7)
    read(other)
    torch.rand(100)
    other.set_epoch(7)
    assert read(one) == read(other)
    assert read(one) != read(loader(shuffle=True, seed=1))


def test_an_iterator_takes_the_epoch_that_is_set_before_its_first_batch():
    early, late = loader(shuffle=True), loader(shuffle=True)
    iterator = iter(early)
    early.set_epoch(3)
    late.set_epoch(3)
    assert [inputs.tolist() for inputs, _ in iterator] == read(late)


@pytest.mark.parametrize("done", [0, 1, 3])
def test_a_loaded_state_gives_the_remaining_batches_once(done):
    stopped, resumed = loader(shuffle=True), loader(shuffle=True)
    stopped.set_epoch(2)
    whole = read(stopped)
    iterator = iter(stopped)
    for _ in range(done):
        next(iterator)
    state = stopped.state_dict() if done else {"epoch": 2, "batch": 0}
    assert state == {"epoch": 2, "batch": done}
    resumed.load_state_dict(state)
    resumed.set_epoch(2)
    assert read(resumed) == whole[done:]
    assert read(resumed) == whole


def test_the_state_of_a_finished_epoch_does_not_cut_the_next():
    batches = loader(shuffle=True)
    batches.load_state_dict({"epoch": 0, "batch": 3})
    batches.set_epoch(1)
    assert len(read(batches)) == 3


def test_an_iteration_left_in_the_middle_starts_over():
    batches = loader()
    next(iter(batches))
    assert read(batches) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize(("count", "world"), [(10, 2), (9, 2), (13, 4), (8, 4)])
def test_shuffled_shards_are_equal_disjoint_parts_of_each_batch(count, world):
    whole = read(loader(count, shuffle=True))
    shards = [read(loader(count, shuffle=True, shard=Shard(r, world))) for r in range(world)]
    assert len({len(shard) for shard in shards}) == 1
    for batch, *parts in zip(whole, *shards, strict=False):
        assert len({len(part) for part in parts}) == 1
        assert flat(parts) == batch[: len(batch) - len(batch) % world]


def test_unshuffled_shards_hold_every_example_once():
    shards = [read(loader(9, 4, shard=Shard(rank, 2))) for rank in range(2)]
    assert [len(shard) for shard in shards] == [3, 3]
    assert sorted(flat(flat(shards))) == list(range(9))


def test_a_batch_that_processes_cannot_share_is_refused():
    with pytest.raises(ConfigError) as refusal:
        loader(batch_size=5, shuffle=True, shard=Shard(0, 2))
    assert str(refusal.value) == (
        "data.batch_size: 5 cannot be shared evenly by 2 processes; use a multiple of 2"
    )


def test_augmentation_comes_from_seed_epoch_and_batch():
    def images() -> TensorLoader:
        inputs = torch.arange(6 * 16).reshape(6, 1, 4, 4)
        return TensorLoader(inputs, torch.arange(6), 2, shuffle=True, augment=Augment(1, True))

    whole = [inputs for inputs, _ in images()]
    resumed = images()
    resumed.load_state_dict({"epoch": 0, "batch": 2})
    assert torch.equal(next(iter(resumed))[0], whole[2])


def test_a_last_training_batch_of_one_example_is_left_out():
    inputs, targets = torch.zeros(9, 1), torch.zeros(9)
    sizes = [len(batch) for batch, _ in TensorLoader(inputs, targets, 4, shuffle=True)]
    assert sizes == [4, 4]
    assert [len(batch) for batch, _ in TensorLoader(inputs, targets, 4)] == [4, 4, 1]
    assert [len(b) for b, _ in TensorLoader(inputs[:1], targets[:1], 4, shuffle=True)] == [1]
