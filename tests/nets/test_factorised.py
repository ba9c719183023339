"""The factorised net has about two million parameters on MNIST's size, and its options work."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.factorised import Factorised

SPEC = DataSpec("image", (1, 28, 28), "class", classes=tuple("0123456789"))


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_it_has_about_two_million_parameters():
    # a block of n to m channels has (3 n + 1) m and (3 m + 1) m; then 7 * 7 * 128 features
    blocks = 4 * 32 + 97 * 32 + 2 * 97 * 32 + 97 * 128 + 385 * 128 + 2 * 385 * 128
    assert count(Factorised(SPEC)) == blocks + (7 * 7 * 128 + 1) * 288 + 289 * 10 == 1_979_210


def test_batch_norm_takes_the_place_of_the_offsets():
    extra = 4 * 32 + 4 * 128  # one more number for each channel of the eight convolutions
    assert count(Factorised(SPEC, batch_norm=True)) == count(Factorised(SPEC)) + extra


def test_dropout_surrounds_the_hidden_layer():
    layers = Factorised(SPEC, dropout=0.5).hidden
    assert [type(layer).__name__ for layer in layers] == ["Dropout", "Linear", "ReLU", "Dropout"]
    assert (layers[0].p, layers[3].p) == (0.5, 0.5)


@pytest.mark.parametrize("channels", [(4,), (4, 4, 8), (4, 4, 8, 8, 16)])
def test_it_can_be_of_any_depth(channels):
    assert Factorised(SPEC, channels=channels, units=5)(torch.rand(2, 1, 28, 28)).shape == (2, 10)


REFUSALS = [
    ({"channels": []}, "model.net.channels: []; name at least one positive number of channels"),
    ({"channels": [0]}, "model.net.channels: [0]; name at least one positive number of channels"),
    (
        {"channels": [4] * 10},
        "model.net.channels: 10 blocks halve the input 5 times, but it is 28x28: name at most 9",
    ),
    ({"units": 0}, "model.net.units: 0 is not positive"),
    ({"dropout": 1.0}, "model.net.dropout: 1.0 is not in [0, 1)"),
]


@pytest.mark.parametrize(("options", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused(options, reason):
    with pytest.raises(ConfigError) as refusal:
        Factorised(SPEC, **options)
    assert refusal.value.problems == [reason]
