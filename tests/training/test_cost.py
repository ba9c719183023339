"""FLOPs of one example, of every kind of data and layer."""

from __future__ import annotations

from functools import partial

import pytest
import pytorch_lightning as pl

from dlcli.comparison.columns import BETTER
from dlcli.data.spec import DataSpec
from dlcli.nets.mlp import MLP
from dlcli.nets.rnn import RNN
from dlcli.nets.transformer import Transformer
from dlcli.training.cost import DIRECTIONS, flops

TEXT = DataSpec("tokens", (9,), "class", ("a", "b"), tuple("_abc"), padding=0)
VECTOR = DataSpec("vector", (5,), "value")

# Two operations a multiply-add. Of an LSTM: four gates, from the input and from the state. Of a
# block: 4 + 8 width^2 weights a token, and each token with each twice.
COUNTS = [
    (partial(MLP, widths=[7]), VECTOR, 2 * (5 * 7 + 7)),
    (partial(RNN, hidden=6, embedding=8), TEXT, 2 * (9 * 4 * 6 * (8 + 6) + 6 * 2)),
    (
        partial(Transformer, width=16, layers=1),
        TEXT,
        2 * (9 * 12 * 16 * 16 + 2 * 9 * 9 * 16 + 16 * 2),
    ),
]


@pytest.mark.parametrize(("net", "spec", "count"), COUNTS, ids=["mlp", "lstm", "transformer"])
def test_flops_are_counted_by_hand(net, spec, count):
    model = pl.LightningModule()
    model.net = net(spec)
    assert flops(model, spec) == count


def test_a_net_that_wants_another_input_has_no_figure():
    model = pl.LightningModule()
    model.net = MLP(VECTOR)
    assert flops(model, TEXT) is None


def test_runs_are_compared_by_the_costs_that_are_recorded():
    assert BETTER == DIRECTIONS
