"""What pruning saves: epochs spent until a search has reached the best value of a random search.

Run as ``python benchmarks/pruning.py --table curves.csv``. The learning curves of every point of a
grid are trained once, by ``dlcli sweep search=grid``, and kept in the table; a table that is there
is used as it is. Searches are then replayed on them: the study, the sampler and the pruners are
those of a sweep with one worker, only the training is looked up. Each report reaches the disk, so
TMPDIR=/dev/shm is quicker.

For each seed, a random search without pruning runs all its trials; its best value is the goal.
Every search counts the epochs that it trains until one of its trials has reached the goal. One that
prunes goes on to further trials until it has spent as many epochs as the random search in all; then
it has not reached the goal, and counts for more than any number. A seed's ratio is that between its
epochs without pruning and with it.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlcli.config.sweep import SweepConfig, compose_sweep
from dlcli.search.settings import Search
from dlcli.search.study import Study

DLCLI = Path(sys.executable).with_name("dlcli")
METRIC = "val/loss"
SPACE = [
    "optimizer.lr=choice(0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.03, 0.1)",
    "model.net.widths=choice([16], [64], [256], [64, 64])",
    "model.net.dropout=choice(0.0, 0.3)",
]
TINY = ["optimizer.lr=choice(0.001, 0.1)", "model.net.widths=choice([4], [16])"]
COMMON = ["model=mlp", "data=digits", "~callbacks.early_stopping", "~callbacks.pictures"]
PRUNERS = ["none", "hyperband", "asha", "median"]

Curves = Mapping[str, Sequence[float]]


def train(space: Sequence[str], epochs: int, table: Path) -> None:
    """Write the curve of every point of a space, as one sweep trains them."""
    command = [str(DLCLI), "sweep", *COMMON, *space, "search=grid", "search.n_trials=null"]
    command += [f"trainer.max_epochs={epochs}", "executor.workers=2", "--name", "curves"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        trials = sorted(Path(folder).glob("mlruns/sweeps/curves/trials/*"))
        rows = [
            [point(json.loads((one / "trial.json").read_text())["params"]), *curve(one)]
            for one in trials
        ]
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["point", *range(1, epochs + 1)], *rows])


def curve(trial: Path) -> list[float]:
    """The metric after each epoch of a trial."""
    lines = (trial / "reports.jsonl").read_text().splitlines()
    return [json.loads(line)["values"][METRIC] for line in lines]


def point(params: Mapping[str, Any]) -> str:
    """Parameters as the table names them."""
    return json.dumps(params, sort_keys=True)


def read(table: Path) -> dict[str, list[float]]:
    """The curves of a table, by point."""
    with table.open(newline="") as file:
        _, *rows = csv.reader(file)
    return {name: [float(value) for value in values] for name, *values in rows}


class Replay:
    """A search that looks its trainings up.

    Args:
        study: that asks and judges.
        curves: by point.
    """

    def __init__(self, study: Study, curves: Curves) -> None:
        self._study = study
        self._curves = curves
        self.epochs = 0
        self.reached: list[tuple[int, float]] = []  # epochs spent, best value so far
        self._trials = 0

    def trial(self) -> None:
        """Run one more trial, until its end or until it is pruned."""
        number, best = self._trials, math.inf
        self._trials += 1
        for step, value in enumerate(self._curves[point(self._study.ask(number))], start=1):
            self.epochs += 1
            best = min(best, value)
            self.reached.append((self.epochs, min(best, self.best)))
            if self._study.report(number, step, value):
                self._study.tell(number, "pruned", reason="pruned")
                return
        self._study.tell(number, "complete", [best], "finished")

    @property
    def best(self) -> float:
        """The best value so far; infinity before the first."""
        return self.reached[-1][1] if self.reached else math.inf

    def until(self, goal: float) -> float:
        """Epochs spent until a value was as good; infinity if none was."""
        return next((float(epochs) for epochs, best in self.reached if best <= goal), math.inf)


def composed(space: Sequence[str], pruner: str, epochs: int, seed: int) -> SweepConfig:
    """The configuration of a sweep as its command would have it."""
    how = ["search=random", f"search.seed={seed}", f"pruner={pruner}"]
    return compose_sweep([*COMMON, *space, *how, f"trainer.max_epochs={epochs}"])


def replay(made: SweepConfig, curves: Curves, folder: Path) -> Replay:
    """A search that has not begun."""
    search, pruner = Search.of(made.settings["search"]), made.settings["pruner"]
    url = f"sqlite:///{folder / 'study.db'}"
    return Replay(Study.create(url, "replay", made.space, search, pruner, ["min"]), curves)


def race(space: Sequence[str], curves: Curves, trials: int, seed: int) -> dict[str, float]:
    """Epochs until the goal, by pruner, of one seed."""
    epochs = max(map(len, curves.values()))
    found: dict[str, float] = {}
    goal, budget = -math.inf, 0
    for pruner in PRUNERS:
        with tempfile.TemporaryDirectory() as folder:
            search = replay(composed(space, pruner, epochs, seed), curves, Path(folder))
            if pruner == "none":
                for _ in range(trials):
                    search.trial()
                goal, budget = search.best, search.epochs
            while search.best > goal and search.epochs < budget:
                search.trial()
            found[pruner] = search.until(goal)
            search._study.close()
    return found


def line(pruner: str, found: Sequence[Mapping[str, float]]) -> str:
    """A row of the result: median and range over the seeds."""
    counts = [one[pruner] for one in found]
    ratios = [one["none"] / one[pruner] for one in found]
    missed = sum(map(math.isinf, counts))
    return (
        f"{pruner:<10} {statistics.median(counts):7.0f} epochs ({min(counts):.0f} to "
        f"{max(counts):.0f})  saved {statistics.median(ratios):.2f}x ({min(ratios):.2f} to "
        f"{max(ratios):.2f})  goal missed by {missed} of {len(found)}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, required=True, help="a CSV; trained if it is missing")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=27, help="of each point, when trained")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--tiny", action="store_true", help="a space of four points")
    given = parser.parse_args()
    space = TINY if given.tiny else SPACE
    if not given.table.exists():
        train(space, given.epochs, given.table)
    curves = read(given.table)
    found = [race(space, curves, given.trials, seed) for seed in range(given.seeds)]
    print(f"{given.seeds} seeds, {given.trials} trials of {len(curves)} points")
    for pruner in PRUNERS:
        print(line(pruner, found))


if __name__ == "__main__":
    main()
