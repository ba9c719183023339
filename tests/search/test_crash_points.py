"""A sweep that dies before any of its durable steps, in any of its processes, loses nothing."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from tests.search.lean import run
from tests.search.steps import Plan
from tests.search.stub_sweep import Spec
from tests.search.surviving import goes_on, survives
from tests.search.verify_state import Values, answer, verify_state

pytestmark = pytest.mark.timeout(1800)  # hundreds of sweeps
SPEC = Spec(sleep=0.0, total=3)
FEW = Spec(sleep=0.0, total=2)  # where every death takes a sweep of its own
LEAST = {"coordinator": 200, "server": 4, "trial": 20}  # steps that there surely are
PAIRS = 5  # second deaths after each first one
POWER = 12  # of so many pictures one is also looked at after a power loss, each by make test-all


@pytest.fixture(scope="module")
def expected(ground: Path) -> Values:
    """What a sweep finds that nobody kills."""
    ran = run(ground / "unbroken", SPEC)
    verify_state(ground / "unbroken", SPEC, None, ran)
    return answer(ground / "unbroken")


@pytest.fixture(scope="module")
def pictures(ground: Path) -> list[Path]:
    """What a death of the coordinator before each of its steps leaves, without repetitions."""
    notes = ground / "pictures"
    notes.mkdir()
    ran = run(ground / "pictured", SPEC, notes, Plan("coordinator", 0, pictures=True))
    assert ran.status == 0
    found = sorted(path for path in notes.iterdir() if path.is_dir())
    assert int(found[-1].name) > LEAST["coordinator"]
    print(f"{int(found[-1].name)} steps, {len(found)} states")
    return found


def test_a_death_of_the_coordinator_before_any_step_loses_nothing(
    ground: Path, expected: Values, pictures: list[Path]
) -> None:
    for picture in pictures:
        goes_on(picture, ground / "going_on", SPEC, expected)


def test_a_power_loss_loses_nothing(ground: Path, expected: Values, pictures: list[Path]) -> None:
    for picture in pictures[::POWER]:
        goes_on(picture, ground / "going_on", SPEC, expected, power=True)


@pytest.mark.slow
def test_a_power_loss_before_any_step_loses_nothing(
    ground: Path, expected: Values, pictures: list[Path]
) -> None:
    for picture in pictures:
        goes_on(picture, ground / "going_on", SPEC, expected, power=True)


@pytest.mark.parametrize("role", ["server", "trial"])
def test_a_death_of_another_process_before_any_step_loses_nothing(
    ground: Path, expected: Values, role: str
) -> None:
    few = {number: expected[number] for number in range(FEW.total)}
    assert deaths(ground, FEW, few, role) > LEAST[role]


@pytest.mark.slow
def test_a_death_of_a_real_coordinator_before_any_step_loses_nothing(
    ground: Path, expected: Values
) -> None:
    assert deaths(ground, SPEC, expected, "coordinator") > LEAST["coordinator"]


@pytest.mark.slow
def test_a_second_death_while_it_goes_on_loses_nothing(
    ground: Path, expected: Values, pictures: list[Path]
) -> None:
    chance, died = random.Random(0), 0
    for picture in pictures:
        for step in chance.sample(range(1, LEAST["coordinator"]), PAIRS):
            plan = Plan("coordinator", step, torn=True)
            try:
                status = survives(ground, SPEC, plan, expected, picture / "root")
            except BaseException as error:
                error.add_note(f"after step {picture.name}")
                raise
            died += status is not None
    print(f"{died} second deaths")
    assert died > len(pictures)


def deaths(ground: Path, spec: Spec, expected: Values, role: str) -> int:
    """Die at the first step, at the second, until a run gets through; returns how many.

    Of a write that is the step, one half is done.
    """
    for step in itertools.count(1):
        if survives(ground, spec, Plan(role, step, torn=True), expected) is None:
            print(f"{role}: {step - 1} steps")
            return step - 1
    raise AssertionError
