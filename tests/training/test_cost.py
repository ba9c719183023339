"""FLOPs of one example, of every kind of data and layer."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from dlcli.comparison.columns import BETTER
from dlcli.data.spec import DataSpec
from dlcli.nets.mlp import MLP
from dlcli.nets.rnn import RNN
from dlcli.nets.transformer import Transformer
from dlcli.training import cost
from dlcli.training.cost import DIRECTIONS, Throughput, flops

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


def pytorchs_own(spec: DataSpec) -> nn.Module:
    return nn.TransformerEncoderLayer(8, 2, dim_feedforward=8, batch_first=True)


COUNTS.append((pytorchs_own, DataSpec("signal", (3, 8), "value"), 2 * (3 * 6 * 64 + 2 * 9 * 8)))


@pytest.mark.parametrize(
    ("net", "spec", "count"), COUNTS, ids=["mlp", "lstm", "transformer", "torch.nn's"]
)
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


def test_only_the_time_of_the_training_counts(monkeypatch):
    times = iter([0.0, 1.0, 5.0, 7.0])  # a step of 1 s, a validation of 4 s, two steps of 2 s
    monkeypatch.setattr(cost, "time", SimpleNamespace(monotonic=lambda: next(times)))
    trainer = SimpleNamespace(sanity_checking=False, world_size=1)
    module = SimpleNamespace(device=torch.device("cpu"))
    watch, batch = Throughput(), (torch.zeros(10, 2), torch.zeros(10))
    rest = torch.zeros(4, 2), torch.zeros(4)
    watch.on_train_epoch_start(trainer, module)
    watch.on_train_batch_end(trainer, module, None, batch, 0)
    watch.on_validation_start(trainer, module)
    watch.on_validation_end(trainer, module)
    watch.on_train_batch_end(trainer, module, None, batch, 1)
    watch.on_train_batch_end(trainer, module, None, rest, 2)
    watch.on_train_epoch_end(trainer, module)
    assert (watch.samples, watch.seconds, watch.per_second) == (24, 3.0, 8.0)
