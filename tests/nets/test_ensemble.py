"""Nets that answer together, each trained by itself."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlcli.errors import ConfigError
from dlcli.nets.ensemble import Ensemble
from dlcli.nets.mlp import Linear
from dlcli.nets.rnn import RNN
from tests.nets.specs import IMAGE, NEXT, SIGNAL, VECTOR, texts

MEMBERS = {"first": Linear, "second": Linear}


def test_classes_are_told_by_the_mean_probability():
    net = Ensemble(IMAGE, MEMBERS).eval()
    x = torch.rand(5, *IMAGE.shape)
    mean = sum(member(x).softmax(1) for member in net.members.values()) / 2
    torch.testing.assert_close(net(x).softmax(1), mean)


def test_next_tokens_are_told_at_each_step():
    net = Ensemble(NEXT, {"first": RNN, "second": RNN}).eval()
    x = texts()
    mean = sum(member(x).softmax(2) for member in net.members.values()) / 2
    torch.testing.assert_close(net(x).softmax(2), mean)


def test_values_are_the_mean_value():
    net = Ensemble(SIGNAL, MEMBERS).eval()
    x = torch.rand(5, *SIGNAL.shape)
    torch.testing.assert_close(net(x), sum(member(x) for member in net.members.values()) / 2)


def readers(members: int, size: int) -> list[int]:
    """How many examples of a batch each member reads in training."""
    net = Ensemble(IMAGE, {str(n): Linear for n in range(members)})
    x = torch.rand(size, *IMAGE.shape)
    said = torch.stack([member(x) for member in net.members.values()])
    who = torch.isclose(net(x), said).all(2).long()
    assert who.sum(0).tolist() == [1] * size
    return sorted(who.sum(1).tolist())


@pytest.mark.parametrize(("members", "size"), [(2, 7), (7, 64), (9, 64), (10, 64), (1, 1)])
def test_each_example_trains_one_member_and_each_member_as_many(members, size):
    read = readers(members, size)
    assert (read[0], read[-1]) == (size // members, -(-size // members))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_small_batch_is_read_by_members_that_get_two_examples(size):
    read = [count for count in readers(4, size) if count]
    assert min(read) >= min(2, size)


def test_small_batches_reach_every_member():
    net = Ensemble(IMAGE, {str(n): Linear for n in range(4)})
    for _ in range(60):
        net(torch.rand(2, *IMAGE.shape)).sum().backward()
    assert all(member.head.weight.grad is not None for member in net.members.values())


def test_members_share_no_weights_and_begin_apart():
    net = Ensemble(VECTOR, MEMBERS)
    first, second = net.members.values()
    assert not torch.equal(first.head.weight, second.head.weight)
    nn.init.zeros_(first.head.weight)
    assert second.head.weight.any()


def test_no_members_are_refused():
    with pytest.raises(ConfigError) as refusal:
        Ensemble(IMAGE, {})
    assert refusal.value.problems == ["model.net.members: none; name at least one net"]


def test_what_a_member_refuses_is_refused():
    with pytest.raises(ConfigError, match=r"^model=rnn: cannot read a vector"):
        Ensemble(VECTOR, {"first": Linear, "second": RNN})
