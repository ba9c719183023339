"""What a trial costs beside its training: a sweep of short trials, side by side.

Run as ``python benchmarks/sweep.py``. In each repetition, one after the other:

- ``dlcli, 2 workers`` and ``dlcli, 1 worker``: ``dlcli sweep`` with everything that it does for a
  trial: a process of its own, checkpoints, an MLflow run, a resumable study;
- ``by hand``: ``plain_sweep.py``, a serial ``study.optimize`` around Lightning in one process,
  which records nothing;
- ``by hand, dlcli's net``: the same around dlcli's net, whose layers are the same, but quicker;
- ``by hand, forking``: the last one, each trial in a process forked for it.

All search the learning rate and the batch size of a small convolutional net on the digits. The
loops by hand ask their sampler, too, but train at the points that the single worker's sampler
chose, as the number of steps, and so of seconds, depends on the batch size.
Times are between the end of the first trial and the end of the last, so that neither imports nor
the start of a store counts: overhead = wall x workers - seconds in fit, for each trial.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SPACE = [
    "model=cnn",
    "data=digits",
    "search=tpe",
    "optimizer.lr=tag(log, interval(1e-4, 1e-1))",
    "data.batch_size=choice(32, 64, 128)",
]
LOOPS = {  # by name, the options of each loop
    "by hand": (),
    "by hand, dlcli's net": ("--net",),
    "by hand, forking": ("--net", "--fork"),
}
DLCLI = Path(sys.executable).with_name("dlcli")
PLAIN = Path(__file__).with_name("plain_sweep.py")


@dataclass(frozen=True)
class Times:
    """What one sweep took.

    Args:
        ended: when each trial ended, in seconds, in order.
        fitted: how many seconds each was fitted.
        wall: seconds for everything, imports and the end included.
        points: the values that were tried.
    """

    ended: list[float]
    fitted: list[float]
    wall: float
    points: list[dict[str, float]]

    def an_hour(self) -> float:
        """Trials an hour, once the first has ended."""
        return 3600 * (len(self.ended) - 1) / (self.ended[-1] - self.ended[0])

    def overhead(self, workers: int) -> float:
        """Seconds that a trial costs beside its fit, once the first has ended."""
        spent = (self.ended[-1] - self.ended[0]) * workers
        fitted = statistics.mean(self.fitted) * (len(self.ended) - 1)
        return (spent - fitted) / (len(self.ended) - 1)


def dlcli(workers: int, trials: int, epochs: int) -> Times:
    """One ``dlcli sweep`` in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        limits = [f"search.n_trials={trials}", f"trainer.max_epochs={epochs}"]
        command = [DLCLI, "sweep", *SPACE, *limits, f"executor.workers={workers}", "--name", "s"]
        began = time.time()
        subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wall = time.time() - began
        trials_of = sorted(Path(folder).glob("mlruns/sweeps/s/trials/*"))
        results = [one / "result.json" for one in trials_of]
        fitted = [json.loads(one.read_text())["fit_seconds"] for one in results]
        points = [json.loads((one / "trial.json").read_text())["params"] for one in trials_of]
        return Times(sorted(one.stat().st_mtime - began for one in results), fitted, wall, points)


def plain(points: list[dict[str, float]], epochs: int, *options: str) -> Times:
    """One serial loop over points of ``dlcli``."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, PLAIN, json.dumps(points), str(epochs), *options],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return Times(**found, wall=time.time() - began, points=points)


def main() -> None:
    """Measure and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    kinds = {"dlcli, 2 workers": 2, "dlcli, 1 worker": 1, **dict.fromkeys(LOOPS, 1)}
    found: dict[str, list[Times]] = {name: [] for name in kinds}
    for _ in range(given.repetitions):
        found["dlcli, 2 workers"].append(dlcli(2, given.trials, given.epochs))
        found["dlcli, 1 worker"].append(dlcli(1, given.trials, given.epochs))
        points = found["dlcli, 1 worker"][-1].points
        for name, options in LOOPS.items():
            found[name].append(plain(points, given.epochs, *options))
    for name, workers in kinds.items():
        hour = statistics.median(one.an_hour() for one in found[name])
        overhead = statistics.median(one.overhead(workers) for one in found[name])
        fit = statistics.median(statistics.mean(one.fitted) for one in found[name])
        wall = statistics.median(one.wall for one in found[name])
        print(
            f"{name:<20} {hour:7.0f} trials an hour, fit {fit:.2f} s, "
            f"overhead {overhead:.2f} s a trial, all in all {wall:.1f} s"
        )
    two, one, *loops = (
        statistics.median(times.an_hour() for times in found[name]) for name in kinds
    )
    print(f"2 workers / 1 worker               {two / one:.2f}")
    for name, loop in zip(LOOPS, loops, strict=True):
        print(f"{f'1 worker / {name}':<34} {one / loop:.2f}")
    print(f"forking / in one process           {loops[2] / loops[1]:.2f}")


if __name__ == "__main__":
    main()
