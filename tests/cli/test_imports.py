"""What a command loads decides how long a person waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Trained

HEAVY = ("torch", "pytorch_lightning", "mlflow", "optuna", "pandas", "sklearn", "matplotlib")
SHOW = """
import sys
try:
    from dlcli.cli.main import app
    sys.argv[1:] and app(sys.argv[1:], prog_name="dlcli")
finally:
    print("LOADED", *sys.modules, file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str, **more: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "XDG_CACHE_HOME": str(folder), **more},
        timeout=60,
    )
    return set(done.stderr.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("arguments", [[], ["--help"], ["train", "--help"], ["list"]])
def test_help_and_list_load_nothing_heavy(tmp_path: Path, arguments):
    found = loaded(tmp_path, *arguments)
    assert "dlcli.cli.train" in found
    assert found.isdisjoint({*HEAVY, "hydra", "omegaconf"})


def test_print_config_loads_no_target(tmp_path: Path):
    found = loaded(tmp_path, "train", "--print-config")
    assert "hydra" in found
    assert found.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "line",
    [
        "runs --sort test/acc",
        "runs --where metrics.`test/acc`>0",
        "show first",
        "diff first best:test/acc",
        "compare --last 2",
    ],
)
def test_a_store_is_read_without_mlflow(trained: Trained, line: str):
    found = loaded(trained.folder, *line.split())
    assert "dlcli.tracking.query" in found
    assert found.isdisjoint({*HEAVY, "sqlalchemy", "hydra", "omegaconf"})


def test_completion_loads_nothing_heavy(tmp_path: Path):
    words = {"COMP_WORDS": "dlcli train optimizer.l", "COMP_CWORD": "2"}
    found = loaded(tmp_path, "", **words, _DLCLI_COMPLETE="complete_bash")
    assert "dlcli.config.repository" in found
    assert found.isdisjoint({*HEAVY, "hydra", "omegaconf"})
