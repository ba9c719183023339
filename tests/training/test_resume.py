"""A run killed at any time and resumed ends bit for bit as one that was never stopped."""

from __future__ import annotations

import functools
import itertools
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.killing import Outcome, differences, run_killed, run_signalled

MODELS = ("cnn", "mlp")
OPTIMIZERS = ("adam", "momentum")
SCHEDULES = ("none", "cosine")
CELLS = list(itertools.product(MODELS, OPTIMIZERS, SCHEDULES))
MIXED = ("cnn", "adam", "cosine")
Cell = tuple[str, str, str]


def overrides_of(cell: Cell) -> tuple[str, ...]:
    groups = ("model", "optimizer", "scheduler")
    return tuple(f"{group}={option}" for group, option in zip(groups, cell, strict=True))


@pytest.fixture(scope="module")
def unbroken_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Cell], Outcome]:
    """What a run leaves that nobody stops; each is trained once."""

    @functools.cache
    def train(cell: Cell) -> Outcome:
        folder = tmp_path_factory.mktemp("unbroken")
        return run_killed(overrides_of(cell), folder / "mlruns", iter(()))

    return train


def kill_and_compare(
    cell: Cell,
    unbroken: Outcome,
    kills: int,
    seed: int,
    folder: Path,
    number: signal.Signals = signal.SIGKILL,
) -> None:
    """Kill runs at random times until so many kills are done; compare each with an unbroken one."""
    numbers = random.Random(seed)
    done = 0
    for attempt in itertools.count():
        times = (numbers.uniform(0.2, unbroken.seconds) for _ in range(kills - done))
        killed = run_killed(overrides_of(cell), folder / str(attempt), times, number)
        compare(unbroken, killed, f"seed {seed}, attempt {attempt}")
        done += killed.kills
        if done >= kills:
            return


def compare(unbroken: Outcome, killed: Outcome, place: str = "") -> None:
    assert differences(learned(unbroken), learned(killed)) == [], place
    assert killed.metrics == unbroken.metrics, place


def learned(outcome: Outcome) -> dict[str, Any]:
    """A checkpoint without Lightning's own counters, which count a restart, and the time taken."""
    kept = {key: value for key, value in outcome.checkpoint.items() if key != "loops"}
    return {**kept, "dlcli": {**kept["dlcli"], "seconds": None}}


def test_a_killed_run_ends_as_an_unbroken_one(
    unbroken_of: Callable[[Cell], Outcome], tmp_path: Path
) -> None:
    kill_and_compare(MIXED, unbroken_of(MIXED), kills=2, seed=1, folder=tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_stopped_in_the_middle_of_an_epoch_ends_as_an_unbroken_one(
    number: signal.Signals, unbroken_of: Callable[[Cell], Outcome], tmp_path: Path
) -> None:
    killed = run_signalled(overrides_of(MIXED), tmp_path, number, step=12)  # of 5 an epoch
    compare(unbroken_of(MIXED), killed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_at_any_time_change_nothing(
    number: signal.Signals, unbroken_of: Callable[[Cell], Outcome], tmp_path: Path
) -> None:
    kill_and_compare(MIXED, unbroken_of(MIXED), 4, 3, tmp_path, number)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_two_hundred_kills_change_nothing(
    cell: Cell, unbroken_of: Callable[[Cell], Outcome], tmp_path: Path
) -> None:
    kill_and_compare(cell, unbroken_of(cell), 25, CELLS.index(cell), tmp_path)
