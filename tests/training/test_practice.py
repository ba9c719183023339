"""Training a little beforehand leaves nothing behind but what is in memory."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dlcli.search.devices import surely_none
from dlcli.training.practice import practise
from dlcli.training.stopping import SIGNALS

COUNT = """
import os, torch
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import dlcli.training.warm
from dlcli.training.practice import practise
practise()
print(len(os.listdir("/proc/self/task")), torch.cuda.is_initialized())
"""


def test_it_leaves_settings_signals_files_and_variables_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    importlib.import_module("dlcli.training.session")  # which imports what sets variables
    monkeypatch.chdir(tmp_path)
    handlers = [signal.getsignal(number) for number in SIGNALS]
    before = dict(os.environ), torch.get_num_threads()
    practise()
    assert (dict(os.environ), torch.get_num_threads()) == before
    assert [signal.getsignal(number) for number in SIGNALS] == handlers
    assert list(tmp_path.iterdir()) == []


def test_it_is_left_out_where_there_is_a_sign_of_any_gpu(tmp_path: Path) -> None:
    assert surely_none(tmp_path) == (sys.platform == "linux")
    for sign in ("nvidiactl", "dxg", "kfd", "dri"):
        place = tmp_path / sign
        place.mkdir()
        (place / sign).touch()
        assert not surely_none(place)


@pytest.mark.slow
def test_it_starts_no_thread_that_a_fork_would_lose() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.stdout.split() == ["1", "False"]
