"""A run killed at any time and resumed ends bit for bit as one that was never stopped."""

from __future__ import annotations

import itertools
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.training.killing import Outcome, differences, run_killed

MODELS = ("cnn", "mlp")
OPTIMIZERS = ("adam", "momentum")
SCHEDULES = ("none", "cosine")
CELLS = list(itertools.product(MODELS, OPTIMIZERS, SCHEDULES))


def kill_and_compare(
    cell: tuple[str, str, str],
    kills: int,
    seed: int,
    folder: Path,
    number: signal.Signals = signal.SIGKILL,
) -> None:
    """Kill runs at random times until so many kills are done; compare each with an unbroken one."""
    overrides = tuple(
        f"{group}={option}"
        for group, option in zip(("model", "optimizer", "scheduler"), cell, strict=True)
    )
    unbroken = run_killed(overrides, folder / "unbroken", iter(()))
    numbers = random.Random(seed)
    done = 0
    for attempt in itertools.count():
        times = (numbers.uniform(0.2, unbroken.seconds) for _ in range(kills - done))
        killed = run_killed(overrides, folder / str(attempt), times, number)
        place = f"seed {seed}, attempt {attempt}"
        assert differences(learned(unbroken), learned(killed)) == [], place
        assert killed.metrics == unbroken.metrics, place
        done += killed.kills
        if done >= kills:
            return


def learned(outcome: Outcome) -> dict[str, Any]:
    """A checkpoint without Lightning's own counters, which count a restart, and the time taken."""
    kept = {key: value for key, value in outcome.checkpoint.items() if key != "loops"}
    return {**kept, "dlcli": {**kept["dlcli"], "seconds": None}}


@pytest.mark.parametrize("cell", [("cnn", "adam", "cosine"), ("mlp", "momentum", "none")])
def test_a_killed_run_ends_as_an_unbroken_one(cell: tuple[str, str, str], tmp_path: Path) -> None:
    kill_and_compare(cell, kills=3, seed=1, folder=tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_stopped_in_the_middle_of_an_epoch_ends_as_an_unbroken_one(
    number: signal.Signals, tmp_path: Path
) -> None:
    kill_and_compare(("cnn", "adam", "cosine"), 2, 3, tmp_path, number)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_two_hundred_kills_change_nothing(cell: tuple[str, str, str], tmp_path: Path) -> None:
    kill_and_compare(cell, kills=25, seed=CELLS.index(cell), folder=tmp_path)
