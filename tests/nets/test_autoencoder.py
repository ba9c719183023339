"""An autoencoder gives back an example of the shape it read; what it cannot read is refused."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.nn import functional

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.autoencoder import ConvAutoencoder, DenseAutoencoder, transposed

CLASSES = ("a", "b", "c")
IMAGE = DataSpec("image", (3, 12, 9), "class", classes=CLASSES)
SIGNAL = DataSpec("signal", (2, 17), "class", classes=CLASSES)
VECTOR = DataSpec("vector", (5,), "value")
TOKENS = DataSpec("tokens", (8,), "class", classes=CLASSES, vocabulary=tuple("abcdef"))

WORKS = [
    (DenseAutoencoder, IMAGE),
    (DenseAutoencoder, SIGNAL),
    (DenseAutoencoder, VECTOR),
    (ConvAutoencoder, IMAGE),
    (ConvAutoencoder, SIGNAL),
]


@pytest.mark.parametrize(("family", "spec"), WORKS)
def test_the_output_has_the_shape_of_the_input_and_the_code_its_size(family, spec):
    net, x = family(spec, latent=4), torch.rand(6, *spec.shape)
    assert net.encode(x).shape == (6, 4)
    assert net.decode(net.encode(x)).shape == x.shape
    assert torch.equal(net.eval()(x), net.decode(net.encode(x)))


@pytest.mark.parametrize("side", [8, 27, 28, 33])
def test_a_convolutional_one_goes_back_to_any_size(side):
    net = ConvAutoencoder(DataSpec("image", (1, side, side + 1), "input"), channels=[4, 8, 8])
    assert net(torch.rand(2, 1, side, side + 1)).shape == (2, 1, side, side + 1)


@pytest.mark.parametrize("side", [7, 8])
def test_a_transposed_convolution_is_the_way_back_of_a_strided_one(side):
    # <conv(x), y> = <x, transposed(y)> for the same weights: each is the other's adjoint.
    back = transposed((side, side), inputs=3, outputs=2, bias=False)
    half = (side + 1) // 2
    x, y = torch.rand(1, 2, side, side), torch.rand(1, 3, half, half)
    there = functional.conv2d(x, back.weight, stride=2, padding=1)
    assert (there * y).sum().item() == pytest.approx((x * back(y)).sum().item(), rel=1e-5)


def test_the_decoder_has_the_widths_of_the_encoder_in_reverse():
    net = DenseAutoencoder(VECTOR, widths=[7, 3], latent=2)
    weights = [tuple(p.shape) for p in net.parameters() if p.ndim == 2]
    assert weights == [(7, 5), (3, 7), (2, 3), (3, 2), (7, 3), (5, 7)]


REFUSALS = [
    (
        partial(DenseAutoencoder, TOKENS),
        "model=autoencoder: cannot rebuild tokens, whose indices are names and not quantities; "
        "it reads images, signals and vectors",
    ),
    (
        partial(ConvAutoencoder, TOKENS),
        "model=autoencoder/conv: cannot rebuild tokens, whose indices are names and not "
        "quantities; it reads images, signals and vectors",
    ),
    (
        partial(ConvAutoencoder, VECTOR),
        "model=autoencoder/conv: cannot convolve over a vector, whose features have no "
        "neighbours; use model=autoencoder",
    ),
    (partial(DenseAutoencoder, VECTOR, latent=0), "model.net.latent: 0 is not positive"),
    (
        partial(DenseAutoencoder, VECTOR, widths=[3, 0]),
        "model.net.widths: [3, 0]; every width must be positive",
    ),
    (
        partial(ConvAutoencoder, SIGNAL, channels=[]),
        "model.net.channels: []; name at least one positive number of channels",
    ),
]


@pytest.mark.parametrize(("build", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(build, reason):
    with pytest.raises(ConfigError) as refusal:
        build()
    assert refusal.value.problems == [reason]
