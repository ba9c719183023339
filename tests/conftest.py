"""The command as a person runs it, and one trained run that many tests look at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[1]
# Begun first, lest one process still works on them when the other has done all the rest.
LONGEST = (
    "test_readme.py",
    "search/test_crash_points.py",
    "search/test_crash_kills.py",
    "training/test_resume_gan.py",
    "training/test_distributed.py",
    "training/test_distributed_trial.py",
    "training/test_resume.py",
    "training/test_trial.py",
    "tracking/test_crash.py",
)


# Under nohup the signal of a closed terminal is ignored, by whoever is started here, too; and in
# the background of a shell that of Ctrl-C.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


# One cache for all tests and processes, so that MLflow's migrations run once; empty at the start.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _CACHE = tempfile.TemporaryDirectory(prefix="dlcli-tests-")
    os.environ["XDG_CACHE_HOME"] = _CACHE.name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, in the order of their tests."""
    ranks = {REPOSITORY / "tests" / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on the last line of stdout."""
        return json.loads(self.stdout.splitlines()[-1])


def environment(home: Path, **more: str) -> dict[str, str]:
    """A person's environment with an empty home, the tests' cache and one thread."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    own = {
        "HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(REPOSITORY),
    }
    return kept | own | more


def run_command(folder: Path, *arguments: str, home: Path | None = None, **more: str) -> Done:
    """Run ``dlcli`` in a folder, as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "dlcli", *arguments],
        cwd=folder,
        env=environment(home or folder, **more),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Done]:
    """Run ``dlcli`` in an empty folder, as a process of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return lambda *arguments, **more: run_command(folder, *arguments, home=tmp_path, **more)


@dataclass(frozen=True)
class Trained:
    """A folder with one finished run in it, and what its command printed."""

    folder: Path
    result: dict[str, Any]
    stderr: str


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A linear model trained on the digits for two epochs; not to be changed."""
    folder = tmp_path_factory.mktemp("trained")
    done = run_command(
        folder, "train", "model=linear", "trainer.max_epochs=2", "--name", "first", "--json"
    )
    assert done.status == 0, done.stderr
    return Trained(folder, done.json, done.stderr)


@pytest.fixture
def trained_copy(trained: Trained, tmp_path: Path) -> Path:
    """The same run in a folder of this test's own: moved, as the store sees it."""
    return Path(shutil.copytree(trained.folder, tmp_path / "moved"))
