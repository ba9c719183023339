"""The random numbers of a process go on where they stopped, on its own GPU, too."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from dlcli.training.random_state import random_state, restore_random_state


def drawn() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def test_numbers_go_on_where_they_stopped() -> None:
    state = random_state()
    first = drawn()
    assert drawn() != first
    restore_random_state(state)
    assert drawn() == first


def test_no_gpu_is_asked_that_nobody_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert random_state()["cuda"] == []


def test_each_process_sets_the_generator_of_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    own = torch.arange(3, dtype=torch.uint8)
    given: list[torch.Tensor] = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: own)
    monkeypatch.setattr(torch.cuda, "set_rng_state", given.append)
    restore_random_state(random_state())
    assert [one.tolist() for one in given] == [[0, 1, 2]]
