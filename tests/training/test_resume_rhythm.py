"""A run goes on as if never stopped, also by steps, with windows or validations of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.killing import Outcome
from tests.training.parted import stopped_after, stopped_in_batch, train
from tests.training.test_resume import compare

Overrides = tuple[str, ...]


@pytest.fixture(scope="module")
def unbroken_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Overrides], Outcome]:
    """What a run leaves that nobody stops; each is trained once."""

    @functools.cache
    def whole(overrides: Overrides) -> Outcome:
        return train(overrides, tmp_path_factory.mktemp("unbroken"))

    return whole


BY_LOSS = "scheduler.monitor=train/loss"
BY_STEPS = ("+trainer.max_steps=15", "trainer.max_epochs=10")


@pytest.mark.parametrize("more", [(), ("~callbacks.early_stopping",)])
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_run_by_steps_goes_on_from_an_epochs_end(
    epochs: int, more: Overrides, unbroken_of: Callable[[Overrides], Outcome], tmp_path: Path
) -> None:
    overrides = (*BY_STEPS, *more)
    stopped_after(overrides, tmp_path, epochs)
    compare(unbroken_of(overrides), train(overrides, tmp_path))


@pytest.mark.parametrize("steps", [3, 8])
def test_an_epoch_that_ends_before_its_validation_counts_for_no_patience(
    steps: int, tmp_path: Path
) -> None:
    patient = "callbacks.early_stopping.patience=1"
    ended = train((f"+trainer.max_steps={steps}", patient), tmp_path)
    (waited,) = (v for k, v in ended.checkpoint["callbacks"].items() if "EarlyStopping" in k)
    assert (ended.checkpoint["global_step"], waited["wait_count"]) == (steps, 0)


def test_a_run_goes_on_to_an_epoch_that_is_cut_short(
    unbroken_of: Callable[[Overrides], Outcome], tmp_path: Path
) -> None:
    overrides = ("+trainer.max_steps=13",)
    stopped_after(overrides, tmp_path, 2)
    compare(unbroken_of(overrides), train(overrides, tmp_path))


def test_early_stopping_by_the_training_waits_for_no_validation(tmp_path: Path) -> None:
    by_training = ("monitor=train/loss", "+trainer.val_check_interval=0.5")
    ended = train((*by_training, "trainer.max_epochs=2"), tmp_path)
    assert ended.checkpoint["global_step"] == 10


@pytest.mark.parametrize("batch", [6, 7, 8, 9])  # 5 an epoch, in windows of 3
def test_a_signal_within_a_window_of_gradients_changes_nothing(
    batch: int, unbroken_of: Callable[[Overrides], Outcome], tmp_path: Path
) -> None:
    overrides = ("+trainer.accumulate_grad_batches=3", "trainer.max_epochs=3")
    stopped_in_batch(overrides, tmp_path, batch)
    compare(unbroken_of(overrides), train(overrides, tmp_path))


@pytest.mark.parametrize("batch", [6, 7, 8])
@pytest.mark.parametrize(
    "rhythm",
    [
        ("+trainer.val_check_interval=2",),
        ("+trainer.val_check_interval=7", "+trainer.check_val_every_n_epoch=null"),
    ],
)
def test_a_signal_before_a_validation_within_an_epoch_loses_none(
    rhythm: Overrides,
    batch: int,
    unbroken_of: Callable[[Overrides], Outcome],
    tmp_path: Path,
) -> None:
    overrides = (*rhythm, "trainer.max_epochs=3")
    stopped_in_batch(overrides, tmp_path, batch)
    compare(unbroken_of(overrides), train(overrides, tmp_path))


PLATEAU = ("scheduler=plateau", "scheduler.curve.patience=0", "+scheduler.curve.threshold=1.0")


@pytest.mark.parametrize(
    ("rhythm", "steps"),
    [
        (("+trainer.check_val_every_n_epoch=2", "trainer.max_epochs=5"), 2),
        (("+trainer.max_steps=13",), 2),  # the third epoch ends before its validation
        (("+trainer.check_val_every_n_epoch=2", "trainer.max_epochs=3", BY_LOSS), 3),
    ],
)
def test_a_plateau_is_looked_for_where_its_metric_is_new(
    rhythm: Overrides, steps: int, tmp_path: Path
) -> None:
    (schedule,) = train((*PLATEAU, *rhythm), tmp_path).checkpoint["lr_schedulers"]
    assert schedule["last_epoch"] == steps


@pytest.mark.parametrize("batch", [8, 9])  # of 5 an epoch, validated after the third
def test_a_plateau_is_found_by_an_epoch_that_was_stopped(
    batch: int, unbroken_of: Callable[[Overrides], Outcome], tmp_path: Path
) -> None:
    overrides = (*PLATEAU, "+trainer.val_check_interval=3", "trainer.max_epochs=3")
    stopped_in_batch(overrides, tmp_path, batch)
    compare(unbroken_of(overrides), train(overrides, tmp_path))
