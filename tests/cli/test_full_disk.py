"""Commands on a real disk that gets full: a refusal, and everything goes on when there is room."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcli.errors import CheckpointError, StoreError
from tests.conftest import run_command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MODEL = ["model=cnn", "data=digits", "trainer.max_epochs=3"]
SPACE = ["search=random", "search.n_trials=6", "optimizer.lr=tag(log, interval(1e-4, 1e-1))"]

FULL = re.compile("No space left on device|disk is full")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk in memory of 1 MB; only root may have one."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


@pytest.mark.parametrize("size", ["3m", "4m", "5m"])
def test_a_sweep_stops_and_loses_no_trial(disk: Path, tmp_path: Path, size: str) -> None:
    resize(disk, size)
    stopped = run_command(disk, "sweep", *MODEL, *SPACE, "--name", "s", home=tmp_path)
    assert stopped.status == StoreError.status, stopped.stderr
    assert "Traceback" not in stopped.stderr
    last = stopped.stderr.splitlines()[-1]
    assert FULL.search(last)
    assert last.endswith("to go on: dlcli sweep --resume s")
    resize(disk, "100m")
    resumed = run_command(disk, "sweep", "--resume", "s", "--json", home=tmp_path)
    assert resumed.status == 0, resumed.stderr
    assert resumed.json["trials"] == {"total": 6, "complete": 6, "pruned": 0, "failed": 0}


def test_a_training_stops_and_goes_on_from_its_checkpoint(disk: Path, tmp_path: Path) -> None:
    resize(disk, "1650k")
    stopped = run_command(disk, "train", *MODEL, "--name", "t", home=tmp_path)
    assert stopped.status in (StoreError.status, CheckpointError.status), stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert FULL.search(stopped.stderr.splitlines()[-1])
    resize(disk, "100m")
    resumed = run_command(disk, "train", "--resume", "t", "--json", home=tmp_path)
    assert resumed.status == 0, resumed.stderr
    assert "epoch 3/3" in resumed.stderr
