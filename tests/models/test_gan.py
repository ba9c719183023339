"""A GAN's two sides step in turn, batch by batch, and resumed it ends with the same bits."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import LearningRateFinder, ModelCheckpoint

from dlcli.data.digits import Digits
from dlcli.data.loader import TensorLoader
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models import judge
from dlcli.models.gan import GAN
from dlcli.models.regularizer import Regularizer
from dlcli.models.schedule import Schedule
from dlcli.nets.gan import DCGAN, DenseGAN

ADAM = partial(torch.optim.Adam, lr=0.001, betas=(0.5, 0.999))
SMALL = partial(DenseGAN, widths=[16], latent=4, conditional=True)
VALUES = DataSpec("vector", (3,), "value")
ONE_CYCLE = partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=0.001)
PLATEAU = partial(torch.optim.lr_scheduler.ReduceLROnPlateau, patience=0, threshold=1.0)


@pytest.fixture(autouse=True)
def quick_referee(monkeypatch):
    monkeypatch.setattr(judge, "STEPS", 20)


def trainer(**options) -> pl.Trainer:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    options = {"max_epochs": 1, "num_sanity_val_steps": 0, **quiet, **options}
    return pl.Trainer(accelerator="cpu", enable_model_summary=False, **options)


def digits() -> Digits:
    """With 6 batches in a training epoch."""
    data = Digits(batch_size=64, test_fraction=0.7)
    data.setup()
    return data


def gan(net=SMALL, **options) -> GAN:
    pl.seed_everything(0, verbose=False)
    return GAN(net, digits().spec, ADAM, **{"samples": 50, **options})


class Sure(torch.nn.Module):
    """A pair whose discriminator says 2 of everything real (positive), -1 of everything made."""

    conditional, latent = False, 1

    def generate(self, latents, labels=None):
        return latents - 100

    def judge(self, x, labels=None):
        return torch.where(x[:, 0] > 0, 2.0, -1.0)


def test_the_losses_are_those_of_the_paper_with_one_smoothed_side():
    module = GAN(lambda spec: Sure(), VALUES, ADAM, label_smoothing=0.1)
    real, made = torch.ones(4, 3), -torch.ones(4, 3)
    sigmoid = 1 / (1 + math.exp(-2))
    of_real = -0.9 * math.log(sigmoid) - 0.1 * math.log(1 - sigmoid)
    of_made = -math.log(1 - 1 / (1 + math.e))
    assert module.discriminator_loss(real, made, None).item() == pytest.approx(of_real + of_made)
    assert module.generator_loss(made, None).item() == pytest.approx(math.log(1 + math.e))


class Turns(pl.Callback):
    """Which side each optimizer step has changed, and which parameters had gradients."""

    def __init__(self, module: GAN) -> None:
        self.sides: list[set[str]] = []
        self.before = self.values(module)

    @staticmethod
    def values(module):
        return {name: p.detach().clone() for name, p in module.net.named_parameters()}

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        self.note(pl_module)

    def on_train_batch_end(self, trainer, pl_module, *args):
        self.note(pl_module)

    def note(self, module):
        now = self.values(module)
        changed = {n.split(".")[0] for n in now if not torch.equal(now[n], self.before[n])}
        self.sides += [changed] if changed else []
        self.before = now


def test_the_discriminator_steps_and_then_the_generator_in_every_batch():
    module = gan()
    turns = Turns(module)
    run = trainer(callbacks=[turns])
    run.fit(module, digits())
    assert turns.sides == [{"discriminator"}, {"generator"}] * 6
    assert run.global_step == 6
    assert all(parameter.requires_grad for parameter in module.net.parameters())


def test_max_steps_counts_batches():
    run = trainer(max_epochs=-1, max_steps=4)
    run.fit(gan(), digits())
    assert run.global_step == 4
    assert run.fit_loop.epoch_loop.batch_progress.total.completed == 4


@pytest.mark.parametrize("precision", ["bf16-true", "bf16-mixed", "64-true"])
@pytest.mark.parametrize("net", [SMALL, partial(DCGAN, channels=[4], latent=4)])
def test_it_trains_and_shows_itself_in_any_precision(net, precision):
    module, run = gan(net), trainer(precision=precision)
    run.fit(module, data := digits())
    assert all(math.isfinite(value) for value in run.test(module, data, verbose=False)[0].values())
    during = module.pictures()
    with run.precision_plugin.forward_context():
        assert module.pictures().keys() == during.keys() == {"samples", "interpolation"}


def test_latent_numbers_are_the_same_in_half_precision():
    module = gan()
    expected = module.latents(5, "samples")
    plugin = trainer(precision="bf16-true").precision_plugin
    plugin.convert_module(module)
    with plugin.forward_context():
        found = module.latents(5, "samples")
    assert torch.equal(found, expected.bfloat16())


@pytest.mark.parametrize("precision", ["bf16-true", "bf16-mixed"])
def test_a_referee_sees_the_same_in_half_precision(precision):
    examples, judges = torch.randn(4, 1, 8, 8).bfloat16().float(), []
    for kind in ("32-true", precision):
        module, run = gan(), trainer(precision=kind, max_steps=1)
        run.fit(module, digits())
        with run.precision_plugin.forward_context():
            judges.append(module.judge.look(run.precision_plugin.convert_input(examples)))
    assert torch.equal(judges[0][0], judges[1][0])


@pytest.mark.parametrize("net", [SMALL, partial(DCGAN, channels=[4], latent=4)])
def test_what_is_logged_is_what_metrics_says(net):
    module, run = gan(net), trainer()
    run.fit(module, data := digits())
    logged = set(run.callback_metrics) | set(run.test(module, data, verbose=False)[0])
    assert logged == set(module.metrics())
    assert ("val/recognised" in logged) == module.net.conditional


@pytest.mark.parametrize("shape", [(9,), (9, 1)])
def test_without_classes_only_the_distance_is_logged(shape):
    module = GAN(partial(DenseGAN, widths=[4]), VALUES, ADAM)
    loader = TensorLoader(torch.randn(9, 3), torch.randn(shape), 4)
    names = {"test/generator_loss", "test/discriminator_loss", "test/frechet"}
    assert set(trainer().test(module, loader, verbose=False)[0]) == names


def test_classes_are_asked_for_as_often_as_they_are_there_in_whatever_order(monkeypatch):
    module, run, data = gan(), trainer(), digits()
    run.fit(module, data)
    inputs, labels = torch.rand(400, 1, 8, 8), torch.arange(400) // 40
    asked = []
    generate = module.net.generate
    monkeypatch.setattr(module.net, "generate", lambda z, c: asked.append(c) or generate(z, c))
    run.test(module, TensorLoader(inputs, labels, 64), verbose=False)
    compared = torch.cat([c for c in asked if c is not None])[-module.samples :]
    assert compared.bincount().tolist() == [5] * 10


def test_an_evaluation_is_the_same_every_time():
    module, data, run = gan(), digits(), trainer()
    run.fit(module, data)
    first, second = (run.test(module, data, verbose=False)[0] for _ in range(2))
    assert first == second


def fit(folder: Path, resume: Path | None = None, **options):
    """Train two epochs, keeping a checkpoint of every step and the random state after it."""
    states = {}

    class Watch(pl.Callback):
        def on_train_start(self, trainer, pl_module):
            if resume is not None:
                torch.set_rng_state(torch.load(resume, weights_only=True)["rng"])

        def on_save_checkpoint(self, trainer, pl_module, checkpoint):
            checkpoint["rng"] = torch.get_rng_state()

        def on_train_batch_end(self, trainer, pl_module, *args):
            states[trainer.global_step] = torch.get_rng_state()

    module = gan(**options)
    saved = ModelCheckpoint(folder, save_top_k=-1, every_n_train_steps=1, filename="{step}")
    run = trainer(max_epochs=2, callbacks=[Watch(), saved], enable_checkpointing=True)
    run.fit(module, digits(), ckpt_path=resume, weights_only=True)
    return run, module


SCHEDULES = [
    Schedule(ONE_CYCLE, interval="step"),
    Schedule(partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)),
    Schedule(PLATEAU, monitor="val/frechet"),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=["one_cycle", "exponential", "plateau"])
def test_resuming_in_the_middle_of_an_epoch_gives_the_very_bits(tmp_path, schedule):
    whole, module = fit(tmp_path, scheduler=schedule, lr_ratio=0.5)
    path = tmp_path / "step=8.ckpt"
    rest, resumed = fit(tmp_path / "rest", path, scheduler=schedule, lr_ratio=0.5)
    ours, theirs = module.state_dict(), resumed.state_dict()
    assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []
    assert whole.callback_metrics == rest.callback_metrics
    assert rest.global_step == 12
    for one, other in zip(whole.optimizers, rest.optimizers, strict=True):
        assert str(one.state_dict()) == str(other.state_dict())


def test_the_referee_is_not_trained_again_where_a_checkpoint_has_it(tmp_path, monkeypatch):
    fit(tmp_path)
    monkeypatch.setattr(judge, "sample", lambda *arguments: pytest.fail("trained again"))
    run, module = fit(tmp_path / "rest", tmp_path / "step=6.ckpt")
    assert module.judge.trained
    run.test(module, digits(), verbose=False)


def rates(schedule: Schedule) -> list[tuple[float, float]]:
    """The learning rates of both sides in each batch of two epochs."""
    seen = []

    class Watch(pl.Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            seen.append(tuple(o.param_groups[0]["lr"] for o in trainer.optimizers))

    trainer(max_epochs=2, callbacks=[Watch()]).fit(gan(scheduler=schedule, lr_ratio=0.5), digits())
    return seen


def test_a_curve_by_epochs_changes_both_rates_between_epochs():
    halve = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)
    assert rates(Schedule(halve)) == [(0.001, 0.0005)] * 6 + [(0.0005, 0.00025)] * 6


def test_a_curve_by_steps_ends_with_the_batches_and_keeps_the_ratio():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    expected = ONE_CYCLE(optimizer, total_steps=12)
    steps = []
    for _ in range(12):
        steps.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        expected.step()
    seen = rates(Schedule(ONE_CYCLE, interval="step"))
    assert [one for one, _ in seen] == pytest.approx(steps)
    assert [other for _, other in seen] == pytest.approx([step / 2 for step in steps])


def test_a_plateau_is_seen_in_the_metric_it_goes_by():
    # With a threshold of 1 nothing counts as better, so both rates fall after every epoch.
    seen = rates(Schedule(PLATEAU, monitor="val/frechet"))
    assert seen == [(1e-3, 5e-4)] * 6 + [(pytest.approx(1e-4), pytest.approx(5e-5))] * 6


def test_a_penalty_counts_on_either_side():
    def norms(l2):
        module = gan(regularizer=Regularizer(l2=l2))
        trainer(max_epochs=2, limit_val_batches=0).fit(module, digits())
        sides = (module.net.generator, module.net.discriminator)
        return [sum(p.square().sum().item() for p in s.parameters() if p.ndim == 2) for s in sides]

    assert all(held < free for held, free in zip(norms(1.0), norms(0.0), strict=True))


def test_pictures_have_a_row_a_class_with_the_same_latent_numbers_in_a_column():
    shown = gan().eval().pictures()
    assert shown["samples"].rows == tuple("0123456789")
    assert shown["samples"].examples.shape == (10, 10, 1, 8, 8)
    assert shown["interpolation"].examples.shape == (10, 10, 1, 8, 8)
    assert 0 <= shown["samples"].examples.min() < shown["samples"].examples.max() <= 1


def test_a_trainer_that_two_optimizers_cannot_use_is_refused():
    refused = trainer(gradient_clip_val=1.0, accumulate_grad_batches=2)
    refused.callbacks.append(LearningRateFinder())
    with pytest.raises(ConfigError) as refusal:
        gan().check_trainer(refused)
    assert refusal.value.problems == [
        "trainer.gradient_clip_val: 1.0, but a GAN has two gradients, which are not clipped; "
        "leave it out",
        "trainer.accumulate_grad_batches: 2, but both sides of a GAN step in every batch; "
        "raise data.batch_size instead",
        "callbacks: LearningRateFinder cannot search for a GAN, which has two optimizers; "
        "leave it out",
    ]


REFUSALS = [
    ({"lr_ratio": 0.0}, "model.lr_ratio: 0.0 is not positive"),
    ({"label_smoothing": 1.0}, "model.label_smoothing: 1.0 is not in [0, 1)"),
    ({"samples": 1}, "model.samples: 1; at least 2 have a spread to compare"),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(arguments, reason):
    with pytest.raises(ConfigError) as refusal:
        gan(**arguments)
    assert refusal.value.problems == [reason]
