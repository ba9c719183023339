"""How long the commands that read a store of many runs take, beside their own start-up.

Run as ``python benchmarks/store.py``. Makes a store of 2,000 runs, or takes the one that
``many_runs.py`` made in ``--folder``; times whole commands in turn with ``dlcli --help``, and
prints medians, what is left of them after start-up, and which miss the target.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from many_runs import make
from timing import interleaved, run

DLCLI = [sys.executable, "-m", "dlcli"]
HELP = "--help"
FILTER = "metrics.`test/acc` > 0.9 and params.`optimizer.lr` = '0.001'"
COMMANDS = (
    [HELP],
    ["runs"],
    ["runs", "--trials", "--sort", "test/acc"],
    ["runs", "--where", FILTER],
    ["show", "latest"],
    ["show", "best:test/acc"],
    ["show", "many"],
    ["diff", "latest", "best:test/acc"],
    ["compare", "--last", "10"],
    ["compare", "--sweep", "many"],
)
TARGET_S = 3.0  # after start-up


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="with mlruns made by many_runs.py")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    if given.folder is not None:
        measure(given.folder, given.repetitions)
        return
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch), given.runs)
        measure(Path(scratch), given.repetitions)


def measure(folder: Path, repetitions: int) -> None:
    """Time the commands in a folder with a store."""
    measures = {" ".join(words): partial(run, [*DLCLI, *words], folder) for words in COMMANDS}
    medians = interleaved(measures, repetitions)
    print(f"{'dlcli':40s} {'whole':>8s} {'after start-up':>15s}")
    for name, seconds in medians.items():
        after = seconds - medians[HELP]
        missed = "" if after < TARGET_S else f"  over the target of {TARGET_S:.0f} s"
        shown = name if len(name) <= 40 else f"{name[:39]}…"
        print(f"{shown:40s} {seconds:6.2f} s {after:13.2f} s{missed}")


if __name__ == "__main__":
    main()
