"""Training throughput of LeNet-5 on MNIST-sized data, side by side on the CPU.

Run as ``python benchmarks/loop.py``. Compares, in interleaved repetitions:

- ``loop``: a hand-written PyTorch loop over normalised tensors in memory;
- ``dlcli``: Lightning's Trainer with dlcli's module and loader;
- ``workers=N``: Lightning's Trainer with torchvision's dataset and transforms, a DataLoader
  of N workers, and a plain LightningModule that logs nothing.

All four train the same net with the same fused Adam.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import struct
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from dlcli.data.idx import FILES, MNIST
from dlcli.data.spec import DataSpec
from dlcli.models.supervised import Supervised
from dlcli.nets.cnn import LeNet5

SPEC = DataSpec("image", (1, 28, 28), "class", classes=tuple("0123456789"))
ADAM = partial(torch.optim.Adam, lr=0.001, fused=True)
WARM_UP = 20


class Stopwatch(pl.Callback):
    """Times the steps between the end of the warm-up and the end of the epoch."""

    def __init__(self) -> None:
        self.start = self.seconds = 0.0

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: object, batch_idx: int
    ) -> None:
        """Start when the warm-up is over."""
        if batch_idx == WARM_UP:
            self.start = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop."""
        self.seconds = time.perf_counter() - self.start


class Plain(pl.LightningModule):
    """What a user of Lightning writes first."""

    def __init__(self) -> None:
        super().__init__()
        self.net = LeNet5(SPEC)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """Cross-entropy."""
        inputs, target = batch
        return functional.cross_entropy(self.net(inputs), target)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return ADAM(self.parameters())


def write_mnist(root: Path, images: int) -> None:
    """MNIST's four files in torchvision's layout, with random pixels and labels."""
    rng = np.random.default_rng(0)
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for (name, kind), file in FILES.items():
        count = images if name == "train" else 1000
        shape = (count, 28, 28) if kind == "images" else (count,)
        values = rng.integers(256 if kind == "images" else 10, size=shape, dtype=np.uint8)
        header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
        (folder / file).write_bytes(header + values.tobytes())


def loop(data: MNIST, batch_size: int, steps: int) -> float:
    """Seconds a step of the hand-written loop."""
    examples = data._splits["train"]
    inputs, targets = data._normalize(examples.inputs), examples.targets  # type: ignore[misc]
    net = LeNet5(SPEC)
    optimizer = ADAM(net.parameters())
    order = torch.randperm(len(inputs))
    start = 0.0
    for index in range(steps):
        if index == WARM_UP:
            start = time.perf_counter()
        chosen = order[index * batch_size : (index + 1) * batch_size]
        loss = functional.cross_entropy(net(inputs[chosen]), targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - start) / (steps - WARM_UP)


def fit(module: pl.LightningModule, loader: object, steps: int) -> float:
    """Seconds a step of Lightning's Trainer."""
    stopwatch = Stopwatch()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        limit_train_batches=steps,
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        callbacks=[stopwatch],
    )
    trainer.fit(module, loader)
    return stopwatch.seconds / (steps - WARM_UP)


def dlcli(data: MNIST, batch_size: int, steps: int) -> float:
    """Seconds a step of dlcli's module and loader."""
    data.batch_size = batch_size
    return fit(Supervised(LeNet5, SPEC, ADAM), data.train_dataloader(), steps)


def workers(root: Path, number: int, batch_size: int, steps: int) -> float:
    """Seconds a step of torchvision's dataset and transforms in a DataLoader."""
    from torchvision import datasets, transforms

    change = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
    dataset = datasets.MNIST(str(root), train=True, transform=change)
    loader: DataLoader[object] = DataLoader(dataset, batch_size, shuffle=True, num_workers=number)
    return fit(Plain(), loader, steps)


def measure(root: Path, batch_size: int, steps: int, repetitions: int) -> dict[str, list[float]]:
    """Seconds a step of each, one after the other in every repetition."""
    data = MNIST(root, download=False)
    data.prepare_data()
    data.setup()
    contenders: dict[str, Callable[[], float]] = {
        "loop": partial(loop, data, batch_size, steps),
        "dlcli": partial(dlcli, data, batch_size, steps),
        "workers=0": partial(workers, root, 0, batch_size, steps),
        "workers=2": partial(workers, root, 2, batch_size, steps),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            seconds[name].append(run())
    return seconds


def show(batch_size: int, seconds: dict[str, list[float]]) -> None:
    """Milliseconds and examples a second, and dlcli's speed as a ratio to each.

    A ratio is the median of the ratios within a repetition, so that a slow spell of the
    machine counts for both sides of it.
    """
    print(f"\nbatch {batch_size}: median of {len(seconds['loop'])} repetitions")
    print(f"{'':<12}{'ms/step':>9}{'images/s':>10}{'dlcli is':>10}")
    for name, times in seconds.items():
        pairs = zip(times, seconds["dlcli"], strict=True)
        ratio = statistics.median(other / own for other, own in pairs)
        step = statistics.median(times)
        print(f"{name:<12}{1000 * step:>9.2f}{batch_size / step:>10.0f}{ratio:>9.2f}x")


def main() -> None:
    """Measure at each batch size and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    print(f"torch {torch.__version__}, Lightning {pl.__version__}, {options.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        write_mnist(Path(folder), 60_000)
        for batch_size in options.batch_sizes:
            times = measure(Path(folder), batch_size, options.steps, options.repetitions)
            show(batch_size, times)


if __name__ == "__main__":
    main()
