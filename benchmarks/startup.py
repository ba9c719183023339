"""How long dlcli takes to answer, against the imports that nobody can avoid.

Run as ``python benchmarks/startup.py``. Times whole processes in turn and prints medians and
ratios: ``--help`` against importing typer, ``train --print-config`` against importing hydra.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from timing import interleaved, run

DLCLI = [sys.executable, "-m", "dlcli"]
COMMANDS = {
    "import typer": [sys.executable, "-c", "import typer"],
    "import hydra": [sys.executable, "-c", "import hydra"],
    "import pytorch_lightning": [sys.executable, "-c", "import pytorch_lightning"],
    "dlcli --help": [*DLCLI, "--help"],
    "dlcli list": [*DLCLI, "list"],
    "dlcli train --print-config": [*DLCLI, "train", "--print-config"],
}
TARGETS = {"dlcli --help": ("import typer", 3.0), "dlcli train --print-config": ("import hydra", 3)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=9)
    repetitions = parser.parse_args().repetitions
    measures = {name: partial(run, command) for name, command in COMMANDS.items()}
    medians = interleaved(measures, repetitions)
    for name, seconds in medians.items():
        print(f"{name:28s} {seconds * 1000:7.0f} ms")
    for name, (peer, target) in TARGETS.items():
        ratio = medians[name] / medians[peer]
        print(f"{name} / {peer}: {ratio:.2f} (target at most {target})")


if __name__ == "__main__":
    main()
