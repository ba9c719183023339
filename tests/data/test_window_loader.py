"""Windows of a text begin at other places every epoch, by the seed and the epoch alone."""

from __future__ import annotations

import torch

from dlcli.data.loader import Shard
from dlcli.data.stream import TextExamples, windows, within
from dlcli.data.window_loader import WindowLoader

# Twelve chunks of five tokens; the fifth, the ninth, the tenth and the last are not trained on.
STARTS = torch.tensor([0, 5, 10, 15, 25, 30, 35, 50])
TOKENS = torch.arange(61)


def loader(**options) -> WindowLoader:
    inputs, targets = windows(TOKENS, 5)
    examples = TextExamples(inputs[STARTS], targets[STARTS], TOKENS, STARTS)
    return WindowLoader(examples, 2, **options)


def epoch(batches: WindowLoader, number: int) -> list[list[int]]:
    batches.set_epoch(number)
    return [window for inputs, _ in batches for window in inputs.tolist()]


def test_windows_begin_in_the_chunks_and_end_in_them():
    assert within(torch.tensor([0, 3, 9]), 3).tolist() == [0, 1, 2, 3, 9]
    trained = {token for start in STARTS.tolist() for token in range(start, start + 5)}
    for number in range(20):
        assert all(trained.issuperset(window) for window in epoch(loader(), number))


def test_there_are_as_many_windows_as_chunks_and_each_is_whole():
    batches = loader()
    shapes = [(inputs.shape, targets.shape) for inputs, targets in batches]
    assert len(batches) == 4
    assert shapes == [((2, 5), (2, 5))] * 4


def test_the_target_of_each_token_is_the_next_one():
    assert all(torch.equal(targets, inputs + 1) for inputs, targets in loader())


def test_every_epoch_has_other_windows_of_the_whole_text():
    found = [epoch(loader(), number) for number in range(3)]
    assert found[0] != found[1] != found[2]
    # A window a share: their beginnings, in order, lie one in each eighth of all places.
    places = within(STARTS, 5).tolist()
    share = len(places) / 8
    for windows_ in found:
        ranks = sorted(places.index(window[0]) for window in windows_)
        pairs = enumerate(ranks)
        assert all(int(number * share) <= rank < (number + 1) * share for number, rank in pairs)


def test_windows_come_from_the_seed_and_the_epoch_alone():
    one, other = loader(), loader()
    epoch(other, 0)
    torch.rand(100)
    assert epoch(one, 7) == epoch(other, 7)
    assert epoch(one, 7) != epoch(loader(seed=1), 7)


def test_a_loader_goes_on_in_the_middle_of_an_epoch():
    whole = loader()
    whole.set_epoch(2)
    batches = [inputs.tolist() for inputs, _ in whole]
    started = loader()
    started.set_epoch(2)
    iterator = iter(started)
    next(iterator), next(iterator)
    rest = loader()
    rest.load_state_dict(started.state_dict())
    rest.set_epoch(2)
    assert [inputs.tolist() for inputs, _ in rest] == batches[2:]


def test_processes_share_every_batch():
    halves = [epoch(loader(shard=Shard(rank, 2)), 1) for rank in (0, 1)]
    whole = epoch(loader(), 1)
    assert halves == [whole[0:8:2], whole[1:8:2]]
