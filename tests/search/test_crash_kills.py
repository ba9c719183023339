"""Processes of a sweep that are killed at random times, again and again, until it is finished."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from dlcli.search.trial import TrialFolder
from tests.search.crashing import Kills
from tests.search.lean import run
from tests.search.stub_sweep import Spec
from tests.search.verify_state import Seen, Values, answer, verify_state

pytestmark = pytest.mark.timeout(900)
SPEC = Spec(total=4, epochs=3, sleep=0.02)
KINDS = ("trial", "coordinator", "group")
GAP_S = 0.2  # between two kills of trials
NOTICED_S = 2.0


@pytest.fixture(scope="module")
def unbroken(ground: Path) -> tuple[Values, float]:
    """What a sweep finds that nobody kills, and how many seconds it takes."""
    ran = run(ground / "unbroken", SPEC)
    verify_state(ground / "unbroken", SPEC, None, ran)
    return answer(ground / "unbroken"), ran.seconds


@pytest.mark.parametrize("what", KINDS)
def test_thirty_kills_lose_nothing(ground: Path, unbroken: tuple[Values, float], what: str) -> None:
    campaign(ground / "killed", unbroken, what, kills=30, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("what", KINDS)
def test_three_hundred_kills_lose_nothing(
    ground: Path, unbroken: tuple[Values, float], what: str
) -> None:
    campaign(ground / "killed", unbroken, what, kills=300, seed=random.randrange(10**6))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["grid", "qmc", "tpe"])
def test_kills_change_no_search(ground: Path, kind: str) -> None:
    """TPE learns from what came before, so it repeats with one worker only."""
    from dlcli.config.domain import Choice
    from dlcli.config.space import Parameter, Space

    grid = Space(tuple(Parameter(name, Choice((1.0, 2.0, 3.0))) for name in ("a.b", "c.d")))
    more = {"space": grid, "total": 9} if kind == "grid" else {"total": 8}
    spec = Spec(kind=kind, workers=1 if kind == "tpe" else 2, sleep=0.01, **more)
    ran = run(ground / kind, spec)
    verify_state(ground / kind, spec, None, ran)
    unbroken = answer(ground / kind), ran.seconds
    campaign(ground / "killed", unbroken, "group", kills=10, seed=1, spec=spec)


def campaign(
    root: Path,
    unbroken: tuple[Values, float],
    what: str,
    kills: int,
    seed: int,
    spec: Spec = SPEC,
) -> None:
    """Kill and resume sweeps until so many kills were made; checks each that is finished."""
    expected, seconds = unbroken
    done, sweeps, chance = 0, 0, random.Random(seed)
    while done < kills:
        shutil.rmtree(root, ignore_errors=True)
        done += one_sweep(root, expected, what, GAP_S if what == "trial" else seconds, chance, spec)
        sweeps += 1
    print(f"{what}: {done} kills in {sweeps} sweeps, seed {seed}")


def one_sweep(
    root: Path, expected: Values, what: str, gap: float, chance: random.Random, spec: Spec
) -> int:
    """Run one sweep to its end, however often it is killed; returns how often it was."""
    kills = 0
    while True:
        before, seed = Seen.of(root), chance.randrange(10**9)
        ran = run(root, spec, kills=Kills(what, seed, gap))
        kills += ran.kills
        try:
            if ran.status == 0:
                verify_state(root, spec, expected, ran, before)
                if what == "trial":
                    noticed(root, ran.kills)
                return kills
            assert ran.kills, f"it ended by itself, with status {ran.status}"
            assert ran.lingered < 10, f"processes lived for {ran.lingered} s more"
        except BaseException as error:
            error.add_note(f"kill of the {what}, seed {seed}")
            raise


def noticed(root: Path, kills: int) -> None:
    """Check that killed trials were tried again: no others were, and each kill but a last act's."""
    attempts = [
        attempt
        for path in root.glob("sweeps/*/trials/*")
        for attempt in TrialFolder(path).attempts()
    ]
    assert all(attempt.reason == "killed" for attempt in attempts)
    assert len(attempts) <= kills
