"""Convolutions over texts of any length: padding never wins."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from dlcli.errors import ConfigError
from dlcli.nets.cnn import CNN
from dlcli.nets.text_cnn import TextCNN
from tests.nets.specs import IMAGE, NEXT, TEXT, alone, texts

NETS = {
    "text": partial(TextCNN, TEXT),
    "text, tanh": partial(TextCNN, TEXT, activation="tanh"),
    "cnn": partial(CNN, TEXT),
    "cnn, deep": partial(CNN, TEXT, channels=[8] * 5, activation="gelu"),
}


def trained(build):
    """A net whose norms have seen numbers, with offsets that padding could win by."""
    net = build()
    for name, weight in net.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(weight)
    net(texts())
    return net.eval()


@pytest.mark.parametrize("build", NETS.values(), ids=NETS)
def test_padding_changes_nothing(build):
    net, x = trained(build), texts()
    torch.testing.assert_close(net(x), alone(net, x), rtol=0, atol=1e-6)
    torch.testing.assert_close(net(nn.functional.pad(x, (0, 7))), net(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("build", NETS.values(), ids=NETS)
def test_gradients_are_numbers_where_texts_are_short(build):
    net = build()
    net(texts()).sum().backward()
    assert all(weight.grad.isfinite().all() for weight in net.parameters())


def test_a_filter_sees_every_window_with_a_word_in_it():
    net = TextCNN(TEXT, embedding=3, windows=[2], channels=4, dropout=0.0).eval()
    words = net.stem(torch.tensor([[5, 6]]))[0]
    nothing = torch.zeros(3)
    windows = [[nothing, words[0]], [words[0], words[1]], [words[1], nothing]]
    weight, bias = net.filters[0].convolve.weight, net.filters[0].convolve.bias
    answers = [(weight * torch.stack(window, dim=1)).sum((1, 2)) + bias for window in windows]
    features = torch.stack(answers).relu().amax(0)
    torch.testing.assert_close(net(torch.tensor([[5, 6]]))[0], net.head(features))


def test_it_has_the_parameters_of_the_paper():
    # 300 numbers a word, 100 filters of 3, 4 and 5 words each, twelve tokens, three classes.
    net = TextCNN(TEXT, embedding=300)
    count = sum(weight.numel() for weight in net.parameters())
    assert count == 12 * 300 + 100 * (3 + 4 + 5) * 300 + 300 + 300 * 3 + 3


REFUSALS = [
    (partial(TextCNN, IMAGE), "model=cnn/text: reads tokens, not image; use model=cnn"),
    (
        partial(TextCNN, NEXT),
        "model=cnn/text: gives one answer an example (a class or values), "
        "but this data asks for the next token",
    ),
    (
        partial(TextCNN, TEXT, windows=[3, 0]),
        "model.net.windows: [3, 0]; name at least one positive number of words",
    ),
    (
        partial(TextCNN, TEXT, windows=[]),
        "model.net.windows: []; name at least one positive number of words",
    ),
    (partial(TextCNN, TEXT, channels=0), "model.net.channels: 0 is not positive"),
    (partial(TextCNN, TEXT, dropout=1.0), "model.net.dropout: 1.0 is not in [0, 1)"),
]


@pytest.mark.parametrize(("build", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(build, reason):
    with pytest.raises(ConfigError) as refusal:
        build()
    assert refusal.value.problems == [reason]
