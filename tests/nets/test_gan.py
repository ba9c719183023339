"""Adversaries make and judge examples of the data's shape, within the span of its inputs."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.gan import DCGAN, DenseGAN
from dlcli.nets.referee import Referee

CLASSES = ("a", "b", "c")
IMAGE = DataSpec("image", (3, 12, 9), "class", classes=CLASSES, low=-2.0, high=6.0)
SIGNAL = DataSpec("signal", (2, 17), "class", classes=CLASSES, low=-2.0, high=6.0)
VECTOR = DataSpec("vector", (5,), "value", low=-2.0, high=6.0)
TOKENS = DataSpec("tokens", (8,), "class", classes=CLASSES, vocabulary=tuple("abcdef"))

WORKS = [
    (DenseGAN, IMAGE, True),
    (DenseGAN, SIGNAL, True),
    (DenseGAN, VECTOR, False),
    (DCGAN, IMAGE, True),
    (DCGAN, IMAGE, False),
]


@pytest.mark.parametrize(("family", "spec", "conditional"), WORKS)
def test_examples_have_the_datas_shape_and_span(family, spec, conditional):
    net = family(spec, latent=4, conditional=conditional)
    labels = torch.tensor([0, 1, 2, 0, 1, 2]) if conditional else None
    made = net.generate(100 * torch.randn(6, 4), labels)
    assert made.shape == (6, *spec.shape)
    assert made.min() >= -2
    assert made.max() <= 6
    assert net.judge(made, labels).shape == (6,)


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (27, 9)])
def test_a_dcgan_makes_images_of_any_size(size):
    net = DCGAN(DataSpec("image", (1, *size), "input"), channels=[4, 8], latent=4)
    made = net.generate(torch.randn(2, 4))
    assert made.shape == (2, 1, *size)
    assert net.judge(made).shape == (2,)


@pytest.mark.parametrize("family", [DenseGAN, DCGAN])
def test_either_side_heeds_the_class_that_it_is_told(family):
    net = family(IMAGE, latent=4, conditional=True).eval()
    latents = torch.randn(1, 4).expand(2, 4)
    one, other = net.generate(latents, torch.tensor([0, 1]))
    assert not torch.equal(one, other)
    first, second = net.judge(one.expand(2, *one.shape), torch.tensor([0, 1]))
    assert first != second


def test_the_discriminator_reads_the_span_as_minus_one_to_one():
    net, read = DCGAN(IMAGE, latent=4), []
    net.discriminator.register_forward_pre_hook(lambda module, inputs: read.append(inputs[0]))
    net.judge(torch.stack([torch.full(IMAGE.shape, -2.0), torch.full(IMAGE.shape, 6.0)]))
    assert read[0].flatten(1).unique(dim=1).tolist() == [[-1.0], [1.0]]


def test_the_first_weights_are_drawn_as_the_paper_says():
    net = DCGAN(DataSpec("image", (3, 32, 32), "input"), channels=[64, 128], latent=100)
    weights = torch.cat([p.flatten() for p in net.parameters() if p.ndim == 4])
    assert weights.std().item() == pytest.approx(0.02, rel=0.02)


REFUSALS = [
    (
        partial(DenseGAN, TOKENS),
        "model=gan: cannot generate tokens, whose indices are names and not quantities; "
        "it makes images, signals and vectors",
    ),
    (partial(DCGAN, SIGNAL), "model=gan/dcgan: makes images, not signal; use model=gan"),
    (
        partial(DenseGAN, VECTOR, conditional=True),
        "model.net.conditional: true, but this data has no classes to ask for; "
        "set model.net.conditional=false",
    ),
    (
        partial(DenseGAN, IMAGE, conditional=True, embedding=0),
        "model.net.embedding: 0 is not positive",
    ),
    (partial(DCGAN, IMAGE, latent=0), "model.net.latent: 0 is not positive"),
    (
        partial(DenseGAN, VECTOR, widths=[]),
        "model.net.widths: []; name at least one positive width",
    ),
    (partial(DenseGAN, VECTOR, dropout=1.0), "model.net.dropout: 1.0 is not in [0, 1)"),
    (
        partial(DCGAN, IMAGE, channels=[8] * 4),
        "model.net.channels: 4 blocks halve the input 4 times, but it is 12x9: name at most 3",
    ),
]


@pytest.mark.parametrize(("build", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(build, reason):
    with pytest.raises(ConfigError) as refusal:
        build()
    assert refusal.value.problems == [reason]


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 7), (1, 70, 33)])
def test_a_referee_reads_images_of_any_size(shape):
    spec = DataSpec("image", shape, "class", classes=CLASSES)
    features, logits = Referee(spec)(torch.rand(2, *shape))
    assert (features.shape, logits.shape) == ((2, 64), (2, 3))
