"""A search as a user of Optuna and Lightning writes it: one process, nothing recorded, no resume.

Run by ``benchmarks/sweep.py``; prints one line of JSON: when each trial ended, in seconds, and how
long it was fitted. The net is dlcli's small convolutional one, layer by layer; with ``--net`` it is
dlcli's own, which has the same layers in a quicker order and memory format. With ``--fork`` each
trial trains in a process forked for it, and that is all that is added: what any tool pays that
keeps its trials apart.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings

import optuna
import pytorch_lightning as pl
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from dlcli.data.spec import DataSpec
from dlcli.nets.cnn import CNN

BEGAN = time.time()
SPEC = DataSpec("image", (1, 8, 8), "class", classes=tuple("0123456789"))


def by_hand() -> nn.Module:
    """Two blocks of convolution, batch norm, ReLU and pooling, then a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(256, 10),
    )


class Net(pl.LightningModule):
    """A net for the digits, with Adam."""

    def __init__(self, lr: float, quick: bool) -> None:
        super().__init__()
        self.lr = lr
        self.net = CNN(SPEC, dropout=0.25) if quick else by_hand()

    def training_step(self, batch, index):  # noqa: ANN001, ANN201
        """Cross-entropy."""
        return functional.cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch, index):  # noqa: ANN001, ANN201
        """Logs the loss."""
        self.log("val/loss", functional.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self):  # noqa: ANN201
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.lr)


def main(points: list[dict[str, float]], epochs: int, quick: bool, apart: bool) -> None:
    """Search, and print the times; the sampler is asked, but what is trained at is given."""
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    threads = torch.get_num_threads()
    if apart:
        torch.set_num_threads(1)  # A pool of threads does not outlive a fork: GNU OpenMP waits.
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(digits.target)
    train, val = slice(0, 1293), slice(1293, 1437)
    ended: list[float] = []
    fitted: list[float] = []

    def fit(point: dict[str, float]) -> tuple[float, float]:
        torch.set_num_threads(threads)
        pl.seed_everything(0)
        loaders = [
            DataLoader(
                TensorDataset(images[part], labels[part]),
                batch_size=point["data.batch_size"],
                shuffle=shuffled,
            )
            for part, shuffled in ((train, True), (val, False))
        ]
        trainer = pl.Trainer(
            max_epochs=epochs,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        began = time.time()
        trainer.fit(Net(point["optimizer.lr"], quick), *loaders)
        return float(trainer.callback_metrics["val/loss"]), time.time() - began

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_categorical("batch_size", [32, 64, 128])
        trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        point = points[trial.number]
        value, seconds = forked(fit, point) if apart else fit(point)
        fitted.append(seconds)
        ended.append(time.time() - BEGAN)
        return value

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=len(points))
    print(json.dumps({"ended": ended, "fitted": fitted}))


def forked(function, given):  # noqa: ANN001, ANN201
    """What ``function(given)`` returns, called in a process forked for it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writer, "w") as answer:
            json.dump(function(given), answer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        found = json.load(answer)
    os.waitpid(child, 0)
    return found


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]), "--net" in sys.argv, "--fork" in sys.argv)
