"""Two processes that share each batch train as one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .ddp_train import train

SCRIPT = Path(__file__).with_name("ddp_train.py")


def launch(devices: int) -> dict[str, float]:
    root = str(SCRIPT.parents[2])
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(devices)],
        env={**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.filterwarnings("default")
def test_two_processes_report_what_one_process_reports():
    assert launch(2) == pytest.approx(train(1), abs=1e-5)
