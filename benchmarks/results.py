"""The README's table of results: each experiment over several seeds, as rows of Markdown.

Run it in a folder whose ``data/`` holds the files that the experiments name, as
``python PATH/benchmarks/results.py [EXPERIMENT…] [--seeds 0 1 2]``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

# What an experiment is judged by, where that is not the test accuracy.
SCORES = {
    "mlp_california": ("test/rmse",),
    "char_lstm_fables": ("val/loss", "val/acc"),
    "char_lstm_fables_best": ("val/loss", "val/acc"),
    "gpt_shakespeare": ("val/loss",),
    "autoencoder_mnist": ("test/mse", "test/mse_to_pca"),
    "denoising_mnist": ("test/psnr", "test/noisy_psnr"),
    "cgan_digits": ("test/recognised", "test/classes_covered", "test/frechet"),
    "xor_uniform": ("test/rmse",),
    "xor_lecun": ("test/rmse",),
    "dcgan_mnist": ("test/recognised", "test/classes_covered", "test/frechet"),
}
ACCURACY = ("test/acc",)
CONF = Path(__file__).parents[1] / "conf" / "experiment"


def main() -> None:
    """Print a row for each experiment that was asked for."""
    names = sorted(path.stem for path in CONF.glob("*.yaml"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("experiments", nargs="*", default=names, metavar="EXPERIMENT")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    arguments = parser.parse_args()
    print("| Experiment | Score | Seeds | Seconds |\n| --- | --- | --- | --- |")
    for name in arguments.experiments:
        runs = [run(name, seed) for seed in arguments.seeds]
        print(row(name, runs), flush=True)


def run(name: str, seed: int) -> dict[str, object]:
    """What ``dlcli train`` says of one run."""
    command = [sys.executable, "-m", "dlcli", "train", f"experiment={name}", f"seed={seed}"]
    done = subprocess.run(
        [*command, "--name", f"{name}-{seed}", "--quiet", "--json"], stdout=subprocess.PIPE
    )
    if done.returncode:
        sys.exit(f"{name}, seed {seed}: status {done.returncode}")
    result = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps({"experiment": name, "seed": seed, **result}), file=sys.stderr, flush=True)
    return result


def row(name: str, runs: list[dict[str, object]]) -> str:
    """Mean and standard deviation of each score, and the median of the seconds."""
    scores = ", ".join(spread(score, runs) for score in SCORES.get(name, ACCURACY))
    seconds = statistics.median(float(run["duration_s"]) for run in runs)  # type: ignore[arg-type]
    return f"| `{name}` | {scores} | {len(runs)} | {seconds:.0f} |"


def spread(score: str, runs: list[dict[str, object]]) -> str:
    """``test/acc 0.9914 ± 0.0021``."""
    values = [run["metrics"][score] for run in runs]  # type: ignore[index]
    deviation = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    return f"`{score}` {statistics.fmean(values):.4g}{deviation}"


if __name__ == "__main__":
    main()
