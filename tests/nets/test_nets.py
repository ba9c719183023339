"""A family on every kind of data that makes sense; every other is refused with the reason."""

from __future__ import annotations

from functools import partial
from typing import get_args

import pytest
import torch

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.activation import Activation, activation
from dlcli.nets.cnn import CNN, LeNet5
from dlcli.nets.mlp import MLP, Linear

CLASSES = ("a", "b", "c")
IMAGE = DataSpec("image", (3, 12, 9), "class", classes=CLASSES)
SIGNAL = DataSpec("signal", (2, 16), "class", classes=CLASSES)
TOKENS = DataSpec("tokens", (8,), "class", classes=CLASSES, vocabulary=tuple("abcdef"))
VECTOR = DataSpec("vector", (5,), "value", values=2)
NEXT = DataSpec("tokens", (8,), "next_token", vocabulary=tuple("abcdef"))
ITSELF = DataSpec("vector", (5,), "input")

WORKS = [
    (Linear, IMAGE),
    (Linear, SIGNAL),
    (Linear, VECTOR),
    (MLP, IMAGE),
    (MLP, SIGNAL),
    (MLP, VECTOR),
    (CNN, IMAGE),
    (CNN, SIGNAL),
    (CNN, TOKENS),
    (LeNet5, IMAGE),
]


@pytest.mark.parametrize(("family", "spec"), WORKS)
def test_a_net_gives_the_outputs_that_the_spec_asks_for(family, spec):
    x = torch.randint(6, (4, 8)) if spec.kind == "tokens" else torch.rand(4, *spec.shape)
    assert family(spec)(x).shape == (4, spec.outputs)


REFUSALS = [
    (
        partial(Linear, TOKENS),
        "model=linear: cannot read tokens, whose indices are names and not quantities; "
        "use model=cnn, which embeds them",
    ),
    (
        partial(CNN, VECTOR),
        "model=cnn: cannot convolve over a vector, whose features have no neighbours; "
        "use model=mlp or model=linear",
    ),
    (partial(LeNet5, SIGNAL), "model=cnn/lenet5: reads images, not signal; use model=cnn"),
    (
        partial(CNN, NEXT),
        "model=cnn: gives one answer an example (a class or values), "
        "but this data asks for the next token",
    ),
    (
        partial(MLP, ITSELF),
        "model=mlp: gives one answer an example (a class or values), "
        "but this data asks for the input itself",
    ),
    (
        partial(CNN, IMAGE, channels=[8] * 4),
        "model.net.channels: 4 blocks halve the input 4 times, but it is 12x9: name at most 3",
    ),
    (
        partial(CNN, IMAGE, channels=[]),
        "model.net.channels: []; name at least one positive number of channels",
    ),
    (partial(MLP, VECTOR, widths=[8, 0]), "model.net.widths: [8, 0]; every width must be positive"),
    (partial(MLP, VECTOR, dropout=1.0), "model.net.dropout: 1.0 is not in [0, 1)"),
    (
        partial(CNN, IMAGE, activation="rellu"),
        "model.net.activation: 'rellu' is unknown; did you mean relu? "
        f"choices: {', '.join(get_args(Activation))}",
    ),
]


@pytest.mark.parametrize(("build", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(build, reason):
    with pytest.raises(ConfigError) as refusal:
        build()
    assert refusal.value.problems == [reason]


@pytest.mark.parametrize("side", [8, 27, 28, 32, 40])
def test_lenet5_reads_images_of_any_size(side):
    spec = DataSpec("image", (1, side, side), "class", classes=CLASSES)
    assert LeNet5(spec)(torch.rand(2, 1, side, side)).shape == (2, 3)


@pytest.mark.parametrize("side", [28, 32])
def test_lenet5_has_the_parameters_of_the_paper(side):
    # Section II.B, with all 6 maps connected to all 16 and linear outputs:
    # C1 156, C3 6 * 25 * 16 + 16, C5 48,120, F6 10,164, output 850.
    spec = DataSpec("image", (1, side, side), "class", classes=tuple("0123456789"))
    count = sum(p.numel() for p in LeNet5(spec).parameters())
    assert count == 156 + 2416 + 48120 + 10164 + 850


def test_an_mlp_without_hidden_layers_is_linear():
    assert [p.shape for p in MLP(VECTOR, widths=[]).parameters()] == [(2, 5), (2,)]


@pytest.mark.parametrize("name", get_args(Activation))
def test_every_activation_maps_numbers_to_numbers(name):
    assert activation(name)(torch.linspace(-3, 3, 7)).isfinite().all()
