"""The learning rate is one metric, or one for each group of parameters where rates differ."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from dlcli.training.learning_rate import LearningRate

LOOP = SimpleNamespace(epoch_loop=SimpleNamespace(_batches_that_stepped=7))


@pytest.mark.parametrize(
    ("rates", "report"),
    [
        ([[0.1, 0.1]], {"lr": 0.1}),
        ([[0.1], [0.1]], {"lr": 0.1}),
        ([[0.1, 0.2]], {"lr/0": 0.1, "lr/1": 0.2}),
    ],
)
def test_rates_are_logged_at_the_epochs_start(rates, report):
    logged = []
    optimizers = [
        torch.optim.SGD([{"params": [torch.zeros(1)], "lr": lr} for lr in groups], lr=1.0)
        for groups in rates
    ]
    trainer = SimpleNamespace(
        optimizers=optimizers,
        callback_metrics={},
        fit_loop=LOOP,
        logger=SimpleNamespace(log_metrics=lambda values, step: logged.append((values, step))),
    )
    LearningRate().on_train_epoch_start(trainer, None)
    assert logged == [(report, 7)]
    assert {name: value.item() for name, value in trainer.callback_metrics.items()} == report
