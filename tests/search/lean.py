"""Sweeps from a process that has imported only what they need.

A sweep forks several times, and a fork takes the longer the more its process has in memory: beside
other tests that is torch, Lightning and MLflow, too.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.search import crashing
from tests.search.crashing import Ran
from tests.search.stub_sweep import warmed_up

REPOSITORY = Path(__file__).parents[2]


def run(*arguments: Any, **more: Any) -> Ran:
    """`crashing.run`, from there; the arguments are what pickle can hold."""
    process = _process()
    assert process.stdin
    assert process.stdout
    pickle.dump((arguments, more), process.stdin)
    process.stdin.flush()
    ran: Ran = pickle.load(process.stdout)
    return ran


@cache
def _process() -> subprocess.Popen[bytes]:
    """It begins when it is first needed, and ends with this process."""
    command = [sys.executable, "-m", __name__]
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def main() -> None:
    """Run sweeps as they are asked for on stdin."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as folder, warmed_up(Path(folder) / "warm"):
        gc.collect()
        gc.freeze()
        with contextlib.suppress(EOFError):
            while True:
                arguments, more = pickle.load(sys.stdin.buffer)
                pickle.dump(crashing.run(*arguments, **more), answers)
                answers.flush()


if __name__ == "__main__":
    main()
