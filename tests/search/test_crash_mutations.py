"""The crash tests can fail: each of these faults, put into the code, is found."""

from __future__ import annotations

import itertools
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlcli.errors import BusyError
from dlcli.search import samplers, trial
from dlcli.search.coordinator import Coordinator
from dlcli.tracking.folder import replace_file
from dlcli.tracking.owner import Lock
from tests.search.crashing import Ran, run
from tests.search.steps import Plan
from tests.search.stub_sweep import Spec, sweep
from tests.search.verify_state import Values, answer, verify_state

pytestmark = pytest.mark.timeout(900)
SPEC = Spec(sleep=0.0)
FIRST_COMMIT = 14  # before it there is no trial
Mutation = Callable[[], None]  # done in the process that runs the sweep


@pytest.fixture(scope="module")
def expected(ground: Path) -> Values:
    """What a sweep finds that nobody kills."""
    assert run(ground / "unbroken", SPEC).status == 0
    return answer(ground / "unbroken")


def mutated(mutation: Mutation) -> Callable[[Path, Spec], int]:
    def command(root: Path, spec: Spec) -> int:
        mutation()
        return sweep(root, spec)

    return command


def found(ground: Path, spec: Spec, mutation: Mutation, power: bool) -> str | None:
    """Kill a sweep before each of its commits until what is left is wrong; returns what."""
    for step in itertools.count(FIRST_COMMIT):
        root, notes = ground / "mutated", ground / "notes"
        for folder in (root, notes):
            shutil.rmtree(folder, ignore_errors=True)
        notes.mkdir()
        plan = Plan("coordinator", step, kind="commit", power=power)
        run(root, spec, notes, plan, command=mutated(mutation))
        if not (notes / "died").exists():
            return None
        try:
            verify_state(root, spec, None, run(root, spec))
        except AssertionError as error:
            return str(error)
    return None


def without_fsync() -> None:
    trial.replace_file = lambda path, text: replace_file(path, text, sync=False)  # type: ignore[attr-defined]


def telling_before_the_result() -> None:
    judge = Coordinator._judge

    def early(self: Coordinator, attempt: Any) -> None:
        judge(self, attempt)
        about = attempt.trial.read()
        value = sum(float(one) for one in about["params"].values())
        if attempt.trial.reports()[0]:
            self._study.tell(attempt.number, "complete", [value])

    Coordinator._judge = early  # type: ignore[method-assign]


def ignoring_the_lock() -> None:
    Lock.acquire = lambda self, timeout=0.0: True  # type: ignore[method-assign]


def seeding_without_the_number() -> None:
    derived = samplers.derived
    samplers.derived = lambda seed, *parts: derived(seed)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_result_that_is_not_synced_is_found(ground: Path) -> None:
    wrong = found(ground, SPEC, without_fsync, power=True)
    assert wrong is not None
    assert re.fullmatch(r"I1: trial \d has no result", wrong)


@pytest.mark.slow
def test_telling_before_the_result_is_found(ground: Path) -> None:
    slow = Spec(total=2, epochs=3, sleep=0.3)  # the next commit comes long before the result
    wrong = found(ground, slow, telling_before_the_result, power=False)
    assert wrong == "I1: trial 0 has no result"


def test_a_seed_without_the_number_is_found(ground: Path, expected: Values) -> None:
    root = ground / "seeded"
    ran = run(root, SPEC, command=mutated(seeding_without_the_number))
    with pytest.raises(AssertionError, match="I10"):
        verify_state(root, SPEC, expected, ran)


def test_a_lock_that_is_ignored_is_found(ground: Path, expected: Values) -> None:
    with pytest.raises(AssertionError, match="I"):
        two_at_once(ground / "unlocked", expected, mutated(ignoring_the_lock))


def test_of_two_coordinators_one_runs(ground: Path, expected: Values) -> None:
    two_at_once(ground / "locked", expected, sweep)


def two_at_once(root: Path, expected: Values, command: Callable[[Path, Spec], int]) -> None:
    ran: list[Ran] = []
    threads = [
        threading.Thread(target=lambda: ran.append(run(root, SPEC, command=command)))
        for _ in range(2)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    first, second = sorted(ran, key=lambda one: one.status)
    verify_state(root, SPEC, expected, first)
    assert second.status == BusyError.status, f"I8: status {second.status}"
