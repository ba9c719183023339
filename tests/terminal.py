"""Run commands as a terminal does, in processes forked from one with Lightning imported."""

from __future__ import annotations

import multiprocessing
import os
import shlex
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    """How a command ended, and what stdout and stderr showed in their order."""

    status: int
    output: str


def run(line: str, folder: Path, interrupt_at: str | None = None) -> Done:
    """Run a ``dlcli`` command line.

    Args:
        line: as a person types it.
        folder: the working folder; its parent is the home.
        interrupt_at: send Ctrl-C once this is in the output.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.warm"])
    shown = folder.parent / "output.txt"
    shown.unlink(missing_ok=True)
    process = context.Process(target=_work, args=(shlex.split(line), folder, shown))
    process.start()
    if interrupt_at is not None:
        _wait_for(interrupt_at, shown)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
    process.join(120)
    assert process.exitcode is not None, f"{line}: still runs"
    return Done(process.exitcode, shown.read_text(encoding="utf-8"))


def _wait_for(text: str, file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists() or text not in file.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, f"'{text}' is not printed"
        time.sleep(0.02)


def _work(words: list[str], folder: Path, shown: Path) -> None:
    output = os.open(shown, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "CUDA_"))]:
        del os.environ[name]
    os.environ |= {"HOME": str(folder.parent), "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
    os.environ["XDG_CACHE_HOME"] = str(folder.parent / ".cache")
    import torch

    torch.set_num_threads(1)
    # what Lightning starts its other processes with
    sys.argv = [str(Path(sys.executable).with_name("dlcli")), *words[1:]]
    from dlcli.cli.main import main

    main()
