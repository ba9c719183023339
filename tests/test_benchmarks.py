"""Anyone can run the benchmarks; here with one repetition, so the figures mean nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
COMMANDS = {
    "startup.py": (["--repetitions", "1"], "dlcli --help / import typer"),
    "first_batch.py": (["--repetitions", "1", "--epochs", "1"], "dlcli / script"),
    "loop.py": (["--repetitions", "1", "--steps", "30", "--batch-sizes", "64"], "workers=2"),
    "kills.py": (["--kills", "1"], "left running for ever"),
    "store.py": (["--runs", "80", "--repetitions", "1"], "compare --sweep many"),
    "fingerprint.py": (["--epochs", "1", "--nets", "model=linear"], "model=linear"),
    "xor.py": (["--seeds", "1"], "xor_lecun: 0 of 1 seeds fail []"),
    "pruning.py": (
        ["--table", "curves.csv", "--tiny", "--epochs", "3", "--trials", "3", "--seeds", "2"],
        "2 seeds, 3 trials of 4 points",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("script", COMMANDS)
def test_a_benchmark_runs_and_prints_its_ratios(script: str, tmp_path: Path) -> None:
    arguments, line = COMMANDS[script]
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert line in done.stdout
