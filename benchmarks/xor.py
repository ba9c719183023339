"""How often a 2-4-1 net of sigmoids fails to learn exclusive or, by its initial weights.

Trains the experiments ``xor_uniform`` and ``xor_lecun`` over seeds, each for as many steps as its
file says, and counts the seeds after which not all four points are answered right.
"""

from __future__ import annotations

import argparse

import torch
from lightning_fabric.utilities.seed import seed_everything

from dlcli.config.compose import compose
from dlcli.config.instantiate import instantiate
from dlcli.training.experiment import build_data, build_model

EXPERIMENTS = ("xor_uniform", "xor_lecun")


def learns(experiment: str, seed: int) -> bool:
    """Whether the net answers all four points right after the experiment's epochs."""
    config = compose("train", [f"experiment={experiment}", f"seed={seed}"])
    values = config.values
    seed_everything(seed, verbose=False)
    data, spec = build_data(values["data"], config.allow)
    model = build_model(values, spec, config.allow)
    optimizer = instantiate(values["optimizer"], config.allow)(model.parameters())
    ((points, answers),) = data.train_dataloader()
    for _ in range(values["trainer"]["max_epochs"]):
        loss = model.step((points, answers), "train")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.equal(model(points).flatten() > 0.5, answers > 0.5)


def main() -> None:
    """Print a line an experiment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = range(parser.parse_args().seeds)
    for experiment in EXPERIMENTS:
        failed = [seed for seed in seeds if not learns(experiment, seed)]
        print(f"{experiment}: {len(failed)} of {len(seeds)} seeds fail {failed}", flush=True)


if __name__ == "__main__":
    main()
