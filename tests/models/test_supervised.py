"""What a supervised model reports is the exact mean over the epoch, by target."""

from __future__ import annotations

import math
from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch.nn import functional

from dlcli.data.digits import Digits
from dlcli.data.loader import TensorLoader
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, TrainingError
from dlcli.models.learner import CURRENT_HOOK
from dlcli.models.schedule import Schedule
from dlcli.models.supervised import Supervised
from dlcli.models.tasks import task
from dlcli.nets.mlp import Linear
from dlcli.nets.rnn import RNN
from dlcli.nets.transformer import Transformer

CLASSES = DataSpec("vector", (3,), "class", classes=("a", "b"))
VALUES = DataSpec("vector", (3,), "value", values=1)
TEXTS = DataSpec("tokens", (5,), "class", classes=("a", "b"), vocabulary=tuple("_abc"), padding=0)
SGD = partial(torch.optim.SGD, lr=0.1)


def trainer(**options) -> pl.Trainer:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    options = {"max_epochs": 1, "num_sanity_val_steps": 0, **quiet, **options}
    return pl.Trainer(accelerator="cpu", enable_model_summary=False, **options)


def evaluate(module: Supervised, *data: torch.Tensor) -> dict[str, float]:
    return trainer().test(module, TensorLoader(*data, batch_size=4), verbose=False)[0]


def test_loss_and_accuracy_are_those_of_all_examples_at_once():
    inputs, labels = torch.randn(11, 3), torch.randint(2, (11,))
    module = Supervised(Linear, CLASSES, SGD)
    output = module(inputs).detach()
    measured = evaluate(module, inputs, labels)
    assert measured["test/loss"] == pytest.approx(functional.cross_entropy(output, labels).item())
    right = (output.argmax(1) == labels).double().mean().item()
    assert measured["test/acc"] == pytest.approx(right)
    assert measured["test/error"] == pytest.approx(1 - right)


@pytest.mark.parametrize("shape", [(11,), (11, 1)])
def test_values_are_measured_by_squared_and_absolute_error(shape):
    inputs, values = torch.randn(11, 3), torch.randn(shape)
    module = Supervised(Linear, VALUES, SGD)
    errors = module(inputs).detach().flatten() - values.flatten()
    mse = errors.square().mean().item()
    measured = evaluate(module, inputs, values)
    assert measured["test/loss"] == pytest.approx(mse)
    assert measured["test/rmse"] == pytest.approx(math.sqrt(mse))
    assert measured["test/mae"] == pytest.approx(errors.abs().mean().item())


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge"])
def test_losses_are_not_rounded_in_half_precision(loss):
    inputs, labels = torch.randn(11, 3).bfloat16().float(), torch.randint(2, (11,))
    module = Supervised(Linear, CLASSES, SGD, loss=loss)
    run = trainer(precision="bf16-true")
    data = TensorLoader(inputs, labels, batch_size=11)
    found = run.test(module, data, verbose=False)[0]["test/loss"]
    output = module.net(inputs.bfloat16()).detach().float()
    assert found == pytest.approx(module.task.loss(output, labels, "test").item(), rel=1e-6)


@pytest.mark.parametrize("net", [partial(RNN, hidden=4), partial(Transformer, width=8, heads=2)])
def test_a_process_without_a_share_of_a_batch_adds_nothing(net):
    module = Supervised(net, TEXTS, SGD)
    none = torch.zeros(0, 5).long(), torch.zeros(0).long()
    assert module.step(none, "val") == 0
    assert module.means["val"].count == 0


EVALUATED = {
    CLASSES: "loss acc error precision recall f1 sensitivity specificity auc",
    VALUES: "loss rmse mae relative_error r2",
}


@pytest.mark.parametrize(("spec", "trained"), [(CLASSES, "loss acc"), (VALUES, "loss rmse")])
def test_what_is_logged_is_what_metrics_says(spec, trained):
    module = Supervised(Linear, spec, SGD)
    names = {"train": trained, "val": EVALUATED[spec], "test": EVALUATED[spec]}
    assert list(module.metrics()) == [f"{s}/{n}" for s in names for n in names[s].split()]
    assert module.metrics()["val/loss"] == "min"
    targets = torch.arange(9) % 2 if spec is CLASSES else torch.arange(9.0)
    loader = TensorLoader(torch.randn(9, 3), targets, 4)
    run = trainer()
    run.fit(module, loader, loader)
    logged = set(run.callback_metrics) | set(run.test(module, loader, verbose=False)[0])
    assert logged == set(module.metrics())


def test_predictions_are_outputs_beside_their_targets():
    inputs, labels = torch.randn(6, 3), torch.randint(2, (6,))
    module = Supervised(Linear, CLASSES, SGD)
    (output, target), *_ = trainer().predict(module, TensorLoader(inputs, labels, 6))
    assert torch.equal(target, labels)
    assert torch.allclose(output, module(inputs))


def test_a_diverged_training_stops_at_the_epoch_before_anything_is_saved(tmp_path):
    digits = Digits(test_fraction=0.7)
    digits.setup()
    module = Supervised(Linear, digits.spec, partial(torch.optim.SGD, lr=1e38))
    saved = pl.callbacks.ModelCheckpoint(tmp_path)
    with pytest.raises(TrainingError) as failure:
        trainer(max_epochs=3, callbacks=[saved], enable_checkpointing=True).fit(module, digits)
    assert failure.value.reason == "diverged"
    assert str(failure.value) == (
        "training diverged: train/loss is nan in epoch 0; "
        "lower optimizer.lr or set trainer.gradient_clip_val"
    )
    assert not list(tmp_path.iterdir())


def test_the_learning_rate_can_be_read_and_set():
    module = Supervised(Linear, CLASSES, SGD)
    assert module.lr == 0.1
    module.lr = 0.02
    assert module.configure_optimizers().param_groups[0]["lr"] == 0.02


def test_label_smoothing_is_refused_where_there_are_no_labels():
    with pytest.raises(ConfigError) as refusal:
        task(VALUES, label_smoothing=0.1)
    assert str(refusal.value) == (
        "model.label_smoothing: 0.1, but this data has values and no labels"
    )


def rates(schedule: Schedule) -> list[float]:
    """The learning rate at each step of two epochs of three batches."""
    seen = []

    class Watch(pl.Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            seen.append(trainer.optimizers[0].param_groups[0]["lr"])

    loader = TensorLoader(torch.randn(9, 3), torch.zeros(9).long(), 3)
    module = Supervised(Linear, CLASSES, SGD, schedule)
    trainer(max_epochs=2, callbacks=[Watch()]).fit(module, loader, loader)
    return seen


def test_a_curve_by_epochs_changes_between_epochs():
    halve = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)
    assert rates(Schedule(halve)) == [0.1] * 3 + [0.05] * 3


def test_a_curve_by_steps_is_told_how_many_there_are():
    curve = partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=0.1)
    optimizer = SGD([torch.nn.Parameter(torch.zeros(1))])
    expected = curve(optimizer, total_steps=6)
    steps = []
    for _ in range(6):
        steps.append(optimizer.param_groups[0]["lr"])
        if len(steps) < 6:
            optimizer.step()
            expected.step()
    assert rates(Schedule(curve, interval="step")) == pytest.approx(steps)


def test_a_curve_by_steps_that_needs_no_end_is_not_told_one():
    halve = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)
    assert rates(Schedule(halve, interval="step")) == [0.1 * 0.5**k for k in range(6)]


@pytest.mark.parametrize(("monitor", "mode"), [("val/loss", "min"), ("val/acc", "max")])
def test_a_plateau_is_seen_in_the_metrics_own_direction(monitor, mode):
    module = Supervised(Linear, CLASSES, SGD)
    plateau = Schedule(torch.optim.lr_scheduler.ReduceLROnPlateau, monitor=monitor)
    described = plateau.build(SGD(module.parameters()), math.inf, module.metrics())
    assert described["scheduler"].mode == mode
    assert described["monitor"] == monitor


def test_lightning_notes_its_hooks_under_the_name_that_is_set_without_a_look():
    module = Supervised(Linear, CLASSES, SGD)
    evaluate(module, torch.zeros(4, 3), torch.zeros(4, dtype=torch.long))
    assert CURRENT_HOOK in vars(module)
