"""Two processes that share each batch train as one does."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from .ddp_train import train, write


def launch(devices: int, file: Path) -> dict[str, float]:
    """Train in processes forked from one with Lightning imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.warm"])
    process = context.Process(target=write, args=(devices, file))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    return json.loads(file.read_text())


@pytest.mark.filterwarnings("default")
def test_two_processes_report_what_one_process_reports(tmp_path: Path):
    assert launch(2, tmp_path / "two.json") == pytest.approx(train(1), abs=1e-5)
