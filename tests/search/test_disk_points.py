"""A sweep whose disk takes nothing more, from any of its steps on, loses nothing."""

from __future__ import annotations

import errno
import itertools
from collections import Counter
from pathlib import Path

import pytest

from dlcli.errors import StoreError
from tests.search.lean import run
from tests.search.steps import Plan
from tests.search.stub_sweep import Spec
from tests.search.surviving import survives
from tests.search.verify_state import Values, answer, verify_state

pytestmark = pytest.mark.timeout(1800)  # hundreds of sweeps
SPEC = Spec(sleep=0.0, total=3)
FEW = 30  # of so many steps make test looks at one
LEAST = {"coordinator": 120, "server": 4, "trial": 15}  # steps that there surely are
ERRORS = [errno.ENOSPC, errno.EROFS, errno.EIO]


@pytest.fixture(scope="module")
def expected(ground: Path) -> Values:
    """What a sweep finds whose disk has room."""
    ran = run(ground / "unbroken", SPEC)
    verify_state(ground / "unbroken", SPEC, None, ran)
    return answer(ground / "unbroken")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
def test_a_full_disk_stops_a_sweep_that_then_goes_on(
    ground: Path, expected: Values, lasting: bool
) -> None:
    plan = Plan("coordinator", 0, error=errno.ENOSPC, lasting=lasting)
    ended = failing(ground, expected, plan, FEW)
    assert set(ended) <= {0, StoreError.status}
    assert ended[StoreError.status] > LEAST["coordinator"] // FEW // 2


def test_a_trial_whose_disk_was_full_once_is_tried_again(ground: Path, expected: Values) -> None:
    ended = failing(ground, expected, Plan("trial", 0, error=errno.ENOSPC), 5)
    assert set(ended) == {0}


@pytest.mark.slow
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("role", LEAST)
def test_a_disk_that_fails_at_any_step_costs_no_trial(
    ground: Path, expected: Values, role: str, number: int, lasting: bool
) -> None:
    ended = failing(ground, expected, Plan(role, 0, error=number, lasting=lasting))
    assert set(ended) <= {0, StoreError.status}
    assert ended.total() > LEAST[role]


def failing(ground: Path, expected: Values, plan: Plan, every: int = 1) -> Counter[int]:
    """Have the disk fail at the first step, or a later one, until a run gets through.

    Args:
        plan: how, and in which process.
        every: how many steps later each time.

    Returns:
        How often the sweep ended with which status; each was gone on with, and lost nothing.
    """
    ended: Counter[int] = Counter()
    for step in itertools.count(1, every):
        at = Plan(plan.role, step, error=plan.error, lasting=plan.lasting)
        status = survives(ground, SPEC, at, expected)
        if status is None:
            print(f"{plan.role}: {dict(ended)}")
            return ended
        ended[status] += 1
    raise AssertionError
