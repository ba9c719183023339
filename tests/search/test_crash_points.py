"""A sweep that dies before any of its durable steps, in any of its processes, loses nothing."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from tests.search.crashing import Spec, run
from tests.search.steps import Plan, noted
from tests.search.verify_state import Seen, Values, answer, verify_state

SPEC = Spec(sleep=0.0)
LEAST = {"coordinator": 120, "server": 5, "trial": 10}  # steps that there surely are


@pytest.fixture(scope="module")
def expected(ground: Path) -> Values:
    """What a sweep finds that nobody kills."""
    ran = run(ground / "unbroken", SPEC)
    verify_state(ground / "unbroken", SPEC, None, ran)
    return answer(ground / "unbroken", SPEC)


def survives(ground: Path, plan: Plan, expected: Values) -> bool:
    """Kill a sweep at a step and have another process go on; False where there is no such step."""
    root, notes = ground / "sweep", ground / "notes"
    for folder in (root, notes):
        shutil.rmtree(folder, ignore_errors=True)
    notes.mkdir()
    died = run(root, SPEC, notes, plan)
    if not (notes / "died").exists():
        return False
    before = Seen.of(root)
    try:
        assert died.lingered < 10
        if died.status == 0:  # it went on without the process that died
            verify_state(root, SPEC, expected, died)
        else:
            verify_state(root, SPEC, expected, run(root, SPEC), before)
    except BaseException as error:
        error.add_note(f"{plan}: {(notes / 'died').read_text()}")
        raise
    return True


@pytest.fixture(scope="module")
def steps(ground: Path) -> list[tuple[str, int, int, str, str]]:
    """The steps of a coordinator that nobody kills."""
    notes = ground / "all"
    notes.mkdir()
    assert run(ground / "counted", SPEC, notes, Plan("coordinator", 0)).status == 0
    return noted(notes)


@pytest.mark.parametrize("role", LEAST)
def test_a_death_before_any_step_loses_nothing(ground: Path, expected: Values, role: str) -> None:
    for step in itertools.count(1):
        if not survives(ground, Plan(role, step), expected):
            break
    print(f"{role}: {step - 1} steps")
    assert step > LEAST[role]


@pytest.mark.parametrize("trial", [0, 3])
def test_a_death_in_the_middle_of_a_write_loses_nothing(
    ground: Path, expected: Values, trial: int
) -> None:
    writes = [
        step
        for step in range(5, 11)
        if survives(ground, Plan("trial", step, trial, torn=True), expected)
    ]
    assert writes


def test_a_power_loss_loses_nothing(
    ground: Path, expected: Values, steps: list[tuple[str, int, int, str, str]]
) -> None:
    last = len(steps)
    for step in range(50, last, 12):
        survives(ground, Plan("coordinator", step, power=True), expected)


@pytest.mark.slow
def test_a_power_loss_before_any_step_loses_nothing(ground: Path, expected: Values) -> None:
    for step in itertools.count(1):
        if not survives(ground, Plan("coordinator", step, power=True), expected):
            break
    print(f"{step - 1} steps")
    assert step > LEAST["coordinator"]
