"""Recurrent nets read every sequence to its own end, and answer as PyTorch's cells do."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.rnn import RNN
from tests.nets.specs import IMAGE, ITSELF, LENGTHS, NEXT, SIGNAL, TEXT, VECTOR, alone, texts

CELLS = ["elman", "lstm", "gru"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("spec", [IMAGE, SIGNAL, TEXT], ids=lambda spec: spec.kind)
def test_every_kind_with_an_order_is_read(cell, spec):
    x = texts() if spec.kind == "tokens" else torch.rand(5, *spec.shape)
    assert RNN(spec, cell)(x).shape == (5, spec.outputs)


@pytest.mark.parametrize("pool", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_changes_nothing(cell, bidirectional, pool):
    net = RNN(TEXT, cell, layers=2, bidirectional=bidirectional, pool=pool).eval()
    x = texts()
    torch.testing.assert_close(net(x), alone(net, x), rtol=0, atol=1e-6)
    torch.testing.assert_close(net(nn.functional.pad(x, (0, 4))), net(x), rtol=0, atol=1e-6)


def test_an_empty_text_has_an_answer():
    net = RNN(TEXT).eval()
    assert net(torch.zeros(2, 9, dtype=torch.long)).isfinite().all()


def test_images_are_read_by_rows_and_signals_by_instants():
    x, signal = torch.rand(2, 3, 12, 8), torch.rand(2, 2, 16)
    rows = torch.stack([x[:, :, row].flatten(1) for row in range(12)], dim=1)
    assert torch.equal(RNN(IMAGE).stem(x), rows)
    assert torch.equal(RNN(SIGNAL).stem(signal), signal.mT)


@pytest.mark.parametrize("cell", CELLS)
def test_the_last_states_are_those_that_the_cells_end_with(cell):
    net = RNN(SIGNAL, cell, hidden=4, layers=2, bidirectional=True).eval()
    x = torch.rand(3, 2, 16)
    states, _ = net.rnn(x.mT)
    # Forwards ends at the last instant, backwards at the first.
    ends = torch.cat([states[:, -1, :4], states[:, 0, 4:]], dim=1)
    torch.testing.assert_close(net(x), net.head(ends))


def test_elmans_state_is_as_worked_out_by_hand():
    net = RNN(DataSpec("signal", (1, 2), "value"), "elman", hidden=1)
    for weight in net.parameters():
        nn.init.constant_(weight, 0.5)
    first = torch.tanh(torch.tensor(0.5 * 2 + 0.5 + 0.5))
    second = torch.tanh(0.5 * 3 + 0.5 + 0.5 * first + 0.5)
    torch.testing.assert_close(net(torch.tensor([[[2.0, 3.0]]])), (0.5 * second + 0.5).view(1, 1))


@pytest.mark.parametrize("cell", CELLS)
def test_a_later_token_changes_no_earlier_answer(cell):
    net = RNN(NEXT, cell, layers=2, dense=[7]).eval()
    x = texts()
    changed = x.clone()
    changed[:, 5:] = 1
    assert net(x).shape == (len(LENGTHS), 9, 12)
    assert torch.equal(net(x)[:, :5], net(changed)[:, :5])


def test_the_character_lstm_has_the_parameters_of_the_course():
    # Embedding 105 * 64; two LSTM of 4 * 64 * (64 + 64 + 2); 64 * 128 + 128; 128 * 128 + 128;
    # and 128 * 105 + 105.
    spec = DataSpec("tokens", (60,), "next_token", vocabulary=tuple(map(chr, range(105))))
    net = RNN(spec, hidden=64, layers=2, embedding=64, dense=[128, 128])
    assert sum(weight.numel() for weight in net.parameters()) == 111_657


def test_dropout_is_between_layers_and_before_the_head_in_training_only():
    net = RNN(SIGNAL, layers=2, dropout=0.5)
    x = torch.rand(3, 2, 16)
    assert net.rnn.dropout == 0.5
    assert RNN(SIGNAL, dropout=0.5).rnn.dropout == 0
    assert not torch.equal(net(x), net(x))
    assert torch.equal(net.eval()(x), net(x))


REFUSALS = [
    (
        partial(RNN, VECTOR),
        "model=rnn: cannot read a vector, whose features have no order; "
        "use model=mlp or model=linear",
    ),
    (
        partial(RNN, NEXT, bidirectional=True),
        "model.net.bidirectional: true, but this data asks for the next token, "
        "which reading backwards would give away; use false",
    ),
    (
        partial(RNN, ITSELF),
        "model=rnn: gives one answer an example (a class or values), "
        "but this data asks for the input itself",
    ),
    (
        partial(RNN, TEXT, "lstn"),
        "model.net.cell: 'lstn' is unknown; did you mean lstm? choices: elman, lstm, gru",
    ),
    (
        partial(RNN, TEXT, pool="sum"),
        "model.net.pool: 'sum' is unknown; choices: last, mean, max",
    ),
    (partial(RNN, TEXT, hidden=0), "model.net.hidden: 0 is not positive"),
    (partial(RNN, TEXT, layers=0), "model.net.layers: 0 is not positive"),
    (partial(RNN, TEXT, embedding=0), "model.net.embedding: 0 is not positive"),
    (partial(RNN, TEXT, dropout=1.0), "model.net.dropout: 1.0 is not in [0, 1)"),
    (
        partial(RNN, TEXT, embedding_dropout=-0.1),
        "model.net.embedding_dropout: -0.1 is not in [0, 1)",
    ),
    (partial(RNN, TEXT, embedding_spread=0.0), "model.net.embedding_spread: 0.0 is not positive"),
    (partial(RNN, TEXT, bigrams=-1), "model.net.bigrams: -1 is negative; 0 is for none"),
    (partial(RNN, TEXT, dense=[0]), "model.net.dense: [0]; every width must be positive"),
]


@pytest.mark.parametrize(("build", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(build, reason):
    with pytest.raises(ConfigError) as refusal:
        build()
    assert refusal.value.problems == [reason]
