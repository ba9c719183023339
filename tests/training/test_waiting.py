"""Threads sleep while they wait where other programs need the cores, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcli.training import waiting
from dlcli.training.waiting import Moment, taken

STAT = """cpu  900 0 100 9000 0 0 0 0 0 0
cpu0 600 10 40 4000 7 5 5 800 0 0
cpu1 300 10 30 5000 7 5 5 800 0 0
intr 12345
"""


def test_cores_that_others_took_are_what_ran_beside_this_process() -> None:
    before, after = Moment(busy=100.0, own=5.0, passed=50.0), Moment(100.9, 5.3, 50.5)
    assert taken(before, after) == pytest.approx(1.2)
    assert taken(before, Moment(100.2, 5.3, 50.5)) == 0.0


def test_only_the_cores_that_this_process_may_use_count_and_no_idle_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stat").write_text(STAT)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    found = waiting.now(tmp_path / "stat")
    assert found is not None
    assert found.busy == 660 / os.sysconf("SC_CLK_TCK")


def test_a_system_that_does_not_tell_is_no_error(tmp_path: Path) -> None:
    assert waiting.now(tmp_path / "missing") is None


@pytest.fixture
def busy() -> Iterator[None]:
    """A program on every core."""
    cores = len(os.sched_getaffinity(0))
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    yield
    for one in programs:
        one.kill()
        one.wait()


def settled(monkeypatch: pytest.MonkeyPatch, **told: str) -> str | None:
    """What is chosen after a third of a second."""
    for name in waiting.TOLD:
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    waiting.look()
    time.sleep(0.3)
    waiting.settle()
    chosen = os.environ.pop("GOMP_SPINCOUNT", None)
    waiting.settle()
    assert "GOMP_SPINCOUNT" not in os.environ  # it is chosen once
    return chosen


def test_threads_sleep_where_others_have_the_cores(
    busy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settled(monkeypatch) == waiting.BRIEFLY


def test_what_the_user_has_chosen_stays(busy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled(monkeypatch, GOMP_SPINCOUNT="7") == "7"
    assert settled(monkeypatch, OMP_WAIT_POLICY="ACTIVE") is None


def test_threads_wait_as_torch_has_it_where_the_cores_are_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "taken", lambda before, after: 0.4)
    assert settled(monkeypatch) is None


def test_without_a_look_nothing_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    waiting.settle()
    assert "GOMP_SPINCOUNT" not in os.environ
