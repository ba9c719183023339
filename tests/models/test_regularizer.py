"""Penalties and weight decay by hand, and whom they are for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlcli.config.compose import compose
from dlcli.config.instantiate import instantiate
from dlcli.errors import ConfigError
from dlcli.models.regularizer import Regularizer


class Everything(nn.Module):
    """One layer of each kind that has parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 4)
        self.position = nn.Parameter(torch.ones(3, 4))
        self.conv = nn.Conv1d(4, 4, 3)
        self.norm = nn.BatchNorm1d(4)
        self.lstm = nn.LSTM(4, 4)
        self.attention = nn.MultiheadAttention(4, 1)
        self.scale = nn.LayerNorm(4)
        self.slope = nn.PReLU()
        self.head = nn.Linear(4, 2)
        self.tied = nn.Linear(4, 5, bias=False)
        self.tied.weight = self.embedding.weight


DECAYED = {
    "conv.weight",
    "lstm.weight_ih_l0",
    "lstm.weight_hh_l0",
    "attention.in_proj_weight",
    "attention.out_proj.weight",
    "head.weight",
}


def test_only_what_multiplies_an_input_is_decayed() -> None:
    net = Everything()
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    decayed, spared = Regularizer().groups(net)
    assert {names[id(parameter)] for parameter in decayed["params"]} == DECAYED
    assert {names[id(parameter)] for parameter in spared["params"]} == {*names.values()} - DECAYED
    assert "weight_decay" not in decayed
    assert spared["weight_decay"] == 0.0


def test_decay_can_be_for_all() -> None:
    (group,) = Regularizer(decay="all").groups(Everything())
    assert len(group["params"]) == len(list(Everything().parameters()))


def test_what_is_frozen_is_not_trained() -> None:
    net = nn.Linear(2, 1)
    net.weight.requires_grad_(False)
    (group,) = Regularizer().groups(net)
    assert group["params"] == [net.bias]


# A weight of 1 whose loss has gradient 0: after a step nothing but the decay has moved it.
# SGD: w - lr * decay * w. Adam takes the decay for a gradient, and its first step is lr whatever
# the gradient's size. AdamW takes lr * decay off.
STEPS = {
    "sgd": 1 - 0.1 * 0.5,
    "adam": 1 - 0.1,
    "adamw": 1 - 0.1 * 0.5,
}


@pytest.mark.parametrize("name", STEPS)
def test_decay_by_hand(name: str) -> None:
    chosen = [f"optimizer={name}", "optimizer.lr=0.1", "optimizer.weight_decay=0.5"]
    make = instantiate(compose("train", chosen).values["optimizer"], ())
    net = nn.Linear(1, 1)
    nn.init.ones_(net.weight)
    nn.init.ones_(net.bias)
    optimizer = make(Regularizer().groups(net))
    (net(torch.ones(1, 1)) * 0).sum().backward()
    optimizer.step()
    assert net.weight.item() == pytest.approx(STEPS[name], abs=1e-6)
    assert net.bias.item() == 1.0


@pytest.mark.parametrize(
    ("option", "overrides", "penalty"),
    [
        ("l1", ["regularizer.l1=0.1"], 0.1 * (1 + 2 + 3)),
        ("l2", ["regularizer.l2=0.1"], 0.1 * (1 + 4 + 9)),
        (
            "elastic_net",
            ["regularizer.l1=0.1", "regularizer.l2=0.2"],
            0.1 * (1 + 2 + 3) + 0.2 * (1 + 4 + 9),
        ),
    ],
)
def test_penalties_by_hand(option: str, overrides: list[str], penalty: float) -> None:
    config = compose("train", [f"regularizer={option}", *overrides])
    net = nn.Sequential(nn.Linear(3, 1), nn.LayerNorm(1))
    net[0].weight.data = torch.tensor([[1.0, -2.0, 3.0]])
    found = instantiate(config.values["regularizer"], ()).penalty(net)
    assert found.item() == pytest.approx(penalty)


def test_no_penalty_is_none() -> None:
    assert Regularizer().penalty(nn.Linear(3, 1)) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"l1": -1.0}, "regularizer.l1: -1.0 is negative"),
        ({"l2": -1.0}, "regularizer.l2: -1.0 is negative"),
        ({"decay": "none"}, "regularizer.decay: 'none' is not one of weights, all"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Regularizer(**arguments)
    assert str(refusal.value) == message
