"""Run commands as a terminal does, in processes forked from one with Lightning imported."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import shlex
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path


@dataclass(frozen=True)
class Done:
    """How a command ended, and what stdout and stderr showed in their order."""

    status: int
    output: str


def run(line: str, folder: Path, interrupt_at: str | None = None) -> Done:
    """Run a ``dlcli`` command line, or ``python FILE``.

    Args:
        line: as a person types it.
        folder: the working folder; its parent is the home.
        interrupt_at: send Ctrl-C once this is in the output.
    """
    process = start(line, folder)
    if interrupt_at is not None:
        _wait_for(interrupt_at, folder)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
    process.join(280)
    assert process.exitcode is not None, f"{line}: still runs"
    return Done(process.exitcode, shown(folder))


def start(line: str, folder: Path) -> ForkServerProcess:
    """Start a ``dlcli`` command line in a folder, whose parent is the home."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.warm"])
    file = _file(folder)
    file.unlink(missing_ok=True)
    process = context.Process(target=_work, args=(shlex.split(line), folder, file))
    process.start()
    return process


def shown(folder: Path) -> str:
    """What the last command in a folder has shown so far."""
    file = _file(folder)
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _file(folder: Path) -> Path:
    return folder.parent / "output.txt"


def _wait_for(text: str, folder: Path) -> None:
    deadline = time.monotonic() + 150
    while text not in shown(folder):
        assert time.monotonic() < deadline, f"'{text}' is not printed"
        time.sleep(0.02)


def _work(words: list[str], folder: Path, file: Path) -> None:
    output = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "CUDA_"))]:
        del os.environ[name]
    os.environ |= {"HOME": str(folder.parent), "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
    import torch

    torch.set_num_threads(1)
    # what Lightning starts its other processes with
    sys.argv = [str(Path(sys.executable).with_name("dlcli")), *words[1:]]
    if words[0] == "python":
        runpy.run_path(words[1], run_name="__main__")
        return
    from dlcli.cli.main import main

    main()
