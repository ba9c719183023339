"""What other programs on the same cores cost a training, by how its threads wait.

Run as ``python benchmarks/waiting.py``. Trains a small convolutional net on the digits with
``dlcli train``, alone and beside programs that do nothing but run, once as dlcli chooses and once
as libgomp waits by itself (`GOMP_SPINCOUNT=300000` is its own default), in turn; prints the medians
of the seconds of the whole training, imports left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DLCLI = Path(sys.executable).with_name("dlcli")
WAYS = {"as dlcli chooses": {}, "as libgomp waits": {"GOMP_SPINCOUNT": "300000"}}


@contextmanager
def beside(programs: int) -> Iterator[None]:
    """So many programs that do nothing but run."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def seconds(epochs: int, environment: dict[str, str]) -> float:
    """What the run of one training says that it took."""
    options = ["model=cnn", "data=digits", f"trainer.max_epochs={epochs}", "tracking=none"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [DLCLI, "train", *options, "--json", "--quiet"],
            cwd=folder,
            env=os.environ | environment,
            check=True,
            capture_output=True,
            text=True,
        )
    return float(json.loads(done.stdout.splitlines()[-1])["duration_s"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    for programs in (0, 1, cores):
        found: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(given.repetitions):
            for name, environment in WAYS.items():
                with beside(programs):
                    found[name].append(seconds(given.epochs, environment))
        chosen, own = (statistics.median(times) for times in found.values())
        print(
            f"beside {programs} programs on {cores} cores: {chosen:.2f} s as dlcli chooses, "
            f"{own:.2f} s as libgomp waits, {chosen / own:.2f}"
        )


if __name__ == "__main__":
    main()
