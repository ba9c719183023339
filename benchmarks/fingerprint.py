"""What the hash of the weights after each epoch costs, beside the training of the epoch.

Run as ``python benchmarks/fingerprint.py``. Nets of several sizes are trained on the CPU as a run
trains them, and the time that the fingerprints take is counted in the same training; prints the
weights, the milliseconds of one hash, how many were taken, and their share of the whole fit. All of
it is the processor's time, so that another busy process does not count.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from dlcli.training.startup import import_lightning

import_lightning()

from dlcli.config.compose import compose  # noqa: E402
from dlcli.training.fingerprint import Fingerprints, read_fingerprints  # noqa: E402
from dlcli.training.session import Session  # noqa: E402

NETS = ("model=linear", "model=mlp", "model=cnn", "model=mlp model.net.widths=[2048,2048]")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--nets", nargs="+", default=NETS)
    given = parser.parse_args()
    print(f"{'net':41s} {'weights':>12s} {'epoch':>10s} {'hash':>10s} {'taken':>7s} {'share':>8s}")
    for net in given.nets:
        with tempfile.TemporaryDirectory() as folder:
            print(measured(net, given.epochs, Path(folder)))


def measured(net: str, epochs: int, folder: Path) -> str:
    """Train a net on the digits, and say what its fingerprints took."""
    config = compose("train", [*net.split(), "trainer=cpu", f"trainer.max_epochs={epochs}"])
    session = Session(config, folder, quiet=True)
    spent = timed(session.fingerprints)
    session.fingerprints.folder = folder
    start = time.process_time()
    session.train(folder, None)
    whole = time.process_time() - start
    hashes = len(read_fingerprints(folder))
    weights = sum(weight.numel() for weight in session.parts.model.parameters())
    return (
        f"{net:41s} {weights:12,d} {1000 * whole / epochs:7.1f} ms"
        f" {1000 * sum(spent) / hashes:7.2f} ms {hashes:3d}/{epochs + 1:<3d}"
        f" {sum(spent) / whole:8.2%}"
    )


def timed(fingerprints: Fingerprints) -> list[float]:
    """The seconds of each call that may write a fingerprint, as they come."""
    spent: list[float] = []

    def around(hook: Any) -> Any:
        def call(*arguments: Any) -> None:
            start = time.process_time()
            hook(*arguments)
            spent.append(time.process_time() - start)

        return call

    for name in ("on_train_start", "on_train_epoch_end"):
        setattr(fingerprints, name, around(getattr(fingerprints, name)))
    return spent


if __name__ == "__main__":
    main()
