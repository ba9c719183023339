"""Training a little beforehand leaves nothing behind but what is in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dlcli.training.practice import practise

COUNT = """
import os, torch
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import dlcli.training.warm
from dlcli.training.practice import practise
practise()
print(len(os.listdir("/proc/self/task")), torch.cuda.is_initialized())
"""


def test_it_leaves_settings_files_and_variables_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ), torch.get_num_threads()
    practise()
    assert (dict(os.environ), torch.get_num_threads()) == before
    assert list(tmp_path.iterdir()) == []


def test_it_starts_no_thread_that_a_fork_would_lose() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.stdout.split() == ["1", "False"]
