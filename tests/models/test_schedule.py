"""Learning rates by hand: every curve, its end, and the warm-up before it."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch.optim import lr_scheduler as curves
from torch.utils.data import DataLoader, TensorDataset

from dlcli.config.compose import compose
from dlcli.config.instantiate import instantiate
from dlcli.errors import ConfigError
from dlcli.models.inverse_sqrt import InverseSqrt
from dlcli.models.schedule import Schedule

COSINE = partial(curves.CosineAnnealingLR, eta_min=0.0)
LINEAR = partial(curves.LinearLR, start_factor=1.0, end_factor=0.0)


def rates(schedule: Schedule, intervals: int, total_steps: float = math.inf) -> list[float]:
    """The learning rate in each interval, from 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = schedule.build(optimizer, total_steps, {})["scheduler"]
    seen = []
    for _ in range(intervals):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def named(name: str, *overrides: str) -> Schedule:
    """A schedule from its configuration, in a training of eight epochs."""
    chosen = [f"scheduler={name}", "optimizer.lr=1.0", "trainer.max_epochs=8", *overrides]
    config = compose("train", chosen)
    return instantiate(config.values["scheduler"], ())


R8 = math.sqrt(0.5)
BY_HAND: dict[str, tuple[tuple[str, ...], list[float]]] = {
    "step": (("scheduler.curve.step_size=2",), [1, 1, 0.1, 0.1, 0.01]),
    "exponential": (("scheduler.curve.gamma=0.5",), [1, 0.5, 0.25, 0.125]),
    "inverse_sqrt": ((), [1, 1 / math.sqrt(2), 1 / math.sqrt(3), 1 / 2]),
    "linear": ((), [1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0]),
    "cosine": ((), [1, (1 + math.cos(math.pi / 8)) / 2, (1 + R8) / 2]),
    "warm_restarts": (
        ("scheduler.curve.T_0=2",),
        [1, 1 / 2, 1, (1 + R8) / 2, 1 / 2, (1 - R8) / 2, 1],
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_curve_has_the_rates_worked_by_hand(name: str) -> None:
    overrides, expected = BY_HAND[name]
    assert rates(named(name, *overrides), len(expected)) == pytest.approx(expected)


def test_a_constant_rate_needs_no_scheduler() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    assert named("none").build(optimizer, math.inf, {}) is None


def test_one_cycle_rises_to_the_rate_and_falls() -> None:
    seen = rates(named("one_cycle"), 19, total_steps=20)
    assert seen[0] == pytest.approx(1 / 25)
    assert max(seen) == seen[5] == pytest.approx(1.0)  # step 0.3 * 20 - 1
    assert seen[-1] < 0.02


def test_an_offset_makes_the_curve_of_the_transformer() -> None:
    # Vaswani et al. 2017, section 5.3, over the rate at its peak: sqrt(warmup / step).
    schedule = Schedule(partial(InverseSqrt, offset=4), warmup=4)
    expected = [1 / 5, 2 / 5, 3 / 5, 4 / 5, 1, math.sqrt(4 / 5), math.sqrt(4 / 6)]
    assert rates(schedule, 7) == pytest.approx(expected)


WARM = [1 / 4, 2 / 4, 3 / 4]


@pytest.mark.parametrize(
    ("curve", "after"),
    [
        (None, [1, 1, 1]),
        (partial(curves.ExponentialLR, gamma=0.5), [1, 0.5, 0.25]),
        (LINEAR, [1, 0.8, 0.6, 0.4, 0.2, 0]),
        (COSINE, [(1 + math.cos(math.pi * t / 5)) / 2 for t in range(6)]),
    ],
)
def test_a_warm_up_rises_in_equal_steps_and_the_curve_takes_what_is_left(curve, after) -> None:
    schedule = Schedule(curve, warmup=3, epochs=8)
    assert rates(schedule, 3 + len(after)) == pytest.approx(WARM + after)


@pytest.mark.parametrize("curve", [COSINE, LINEAR])
def test_a_curve_by_steps_ends_with_the_last_step(curve) -> None:
    seen = rates(Schedule(curve, interval="step", warmup=3, epochs=2), 9, total_steps=8)
    assert seen[:3] == pytest.approx(WARM)
    assert seen[3] == 1
    assert seen[8] == pytest.approx(0, abs=1e-12)


def test_an_end_that_is_given_stays() -> None:
    assert rates(named("linear", "scheduler.curve.total_iters=2"), 4) == [1, 0.5, 0, 0]
    assert named("linear", "scheduler.curve.total_iters=2").end == 2


@pytest.mark.parametrize(
    ("schedule", "needs"),
    [
        (Schedule(COSINE, interval="step"), True),
        (Schedule(COSINE, interval="epoch", epochs=3), False),
        (Schedule(partial(COSINE, T_max=5), interval="step"), False),
        (Schedule(partial(curves.ExponentialLR, gamma=0.5), interval="step"), False),
        (Schedule(interval="step", warmup=3), False),
    ],
)
def test_steps_are_counted_only_where_the_end_is_one(schedule: Schedule, needs: bool) -> None:
    assert schedule.needs_steps is needs


REFUSALS: list[tuple[Schedule, float, str]] = [
    (
        Schedule(partial(curves.OneCycleLR, max_lr=1.0), "step", warmup=2),
        100,
        "scheduler.warmup: 2, but OneCycleLR cannot follow a warm-up; "
        "set scheduler.warmup=0 or choose another schedule",
    ),
    (
        Schedule(curves.ReduceLROnPlateau, warmup=2),
        100,
        "scheduler.warmup: 2, but ReduceLROnPlateau cannot follow a warm-up; "
        "set scheduler.warmup=0 or choose another schedule",
    ),
    (
        Schedule(COSINE),
        100,
        "scheduler.curve.T_max: the curve needs an end, and the training has none; "
        "set trainer.max_epochs, or the end itself",
    ),
    (
        Schedule(COSINE, warmup=5, epochs=5),
        100,
        "scheduler.warmup: 5 epochs leave nothing of the training's 5 to the curve",
    ),
    (
        Schedule(COSINE, "step"),
        math.inf,
        "scheduler.interval: step needs to know when training ends; "
        "set trainer.max_epochs or trainer.max_steps",
    ),
]


@pytest.mark.parametrize(("schedule", "steps", "message"), REFUSALS)
def test_what_cannot_be_is_refused_with_the_reason(schedule, steps, message) -> None:
    with pytest.raises(ConfigError) as refusal:
        rates(schedule, 1, steps)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Schedule(warmup=-1), "scheduler.warmup: -1 is negative"),
        (
            lambda: rates(Schedule(partial(InverseSqrt, offset=0)), 1),
            "scheduler.curve.offset: 0 is not positive",
        ),
    ],
)
def test_numbers_out_of_range_are_refused(build, message) -> None:
    with pytest.raises(ConfigError) as refusal:
        build()
    assert str(refusal.value) == message


class Own(pl.LightningModule):
    """A reader's own module, which hands the schedule to Lightning."""

    def __init__(self, scheduler: Schedule) -> None:
        super().__init__()
        self.net = torch.nn.Linear(2, 1)
        self.scheduler = scheduler
        self.rates: list[float] = []

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), lr=1e-6)
        schedule = self.scheduler.build(optimizer, math.inf, {"val/loss": "min"})
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
        self.rates.append(self.trainer.optimizers[0].param_groups[0]["lr"])
        return self.net(batch[0]).square().mean()

    def validation_step(self, batch: list[torch.Tensor], batch_idx: int) -> None:
        self.log("val/loss", torch.tensor(1.0))


def test_lightning_steps_the_plateau_of_a_module_of_ones_own() -> None:
    plateau = partial(curves.ReduceLROnPlateau, factor=0.5, patience=0)
    module = Own(Schedule(plateau, monitor="val/loss"))
    loader = DataLoader(TensorDataset(torch.ones(2, 2)), 2)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=4, enable_model_summary=False, num_sanity_val_steps=0, **quiet
    )
    trainer.fit(module, loader, loader)
    assert module.rates == [1e-6, 1e-6, 5e-7, 2.5e-7]
