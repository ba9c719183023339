"""A job beside the trials: tried again where its process is lost, and never waited for for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.search.job import run_job
from tests.search.fakes import Executor, complete, dying, failing


@pytest.mark.parametrize(
    ("scripts", "reason", "attempts"),
    [
        ([dying(-9), complete], "finished", 2),
        ([dying(-9), dying(0), complete], "exit", 2),
        ([failing("error"), complete], "error", 1),
    ],
)
def test_a_job_whose_process_is_lost_is_tried_again(
    tmp_path: Path, scripts: list[object], reason: str, attempts: int
) -> None:
    executor = Executor({0: scripts})
    assert run_job(executor, tmp_path / "job", "a:b", {}, retries=1).reason == reason
    assert len(executor.started) == attempts


def test_a_job_that_hangs_ends_at_its_time_limit(tmp_path: Path) -> None:
    executor = Executor({0: [None]})
    assert run_job(executor, tmp_path / "job", "a:b", {}, timeout_s=0.05).reason == "timeout"
