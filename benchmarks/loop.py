"""Training throughput of LeNet-5 on MNIST-sized data, side by side on the CPU.

Run as ``python benchmarks/loop.py``. Compares, in interleaved repetitions, each a process of its
own with the imports and settings that it would have in real life:

- ``loop``: a hand-written PyTorch loop over normalised tensors in memory, which logs nothing;
- ``dlcli``: what ``dlcli train`` does in a step, its callbacks and epoch metrics included;
- ``workers=N``: Lightning's Trainer with torchvision's dataset and transforms, a DataLoader of N
  workers, and a LightningModule that logs loss and accuracy by epoch, as dlcli does.

All train the same net with the same fused Adam.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import warnings
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
    """What a user of Lightning writes."""

    def __init__(self) -> None:
        super().__init__()
        self.net = LeNet5(SPEC)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """Cross-entropy; logs it and the accuracy by epoch."""
        inputs, target = batch
        logits = self.net(inputs)
        loss = functional.cross_entropy(logits, target)
        accuracy = (logits.argmax(dim=1) == target).float().mean()
        values = {"train/loss": loss, "train/acc": accuracy}
        self.log_dict(values, on_step=False, on_epoch=True)
        return loss

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
    inputs, targets = data._normalizer(examples.inputs), examples.targets  # type: ignore[misc]
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


def fit(
    module: pl.LightningModule, loader: object, steps: int, callbacks: list[pl.Callback]
) -> float:
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
        callbacks=[stopwatch, *callbacks],
    )
    trainer.fit(module, loader)
    return stopwatch.seconds / (steps - WARM_UP)


def dlcli(data: MNIST, batch_size: int, steps: int) -> float:
    """Seconds a step of ``dlcli train``: its module, loader and everything it calls in a step."""
    from dlcli.training.cost import Throughput
    from dlcli.training.device import hide_absent_gpus
    from dlcli.training.hooks import skip_empty_hooks
    from dlcli.training.random_state import RandomState
    from dlcli.training.stopping import StopOnSignal, StopRequest

    hide_absent_gpus()
    data.batch_size = batch_size
    callbacks = [Throughput(), StopOnSignal(StopRequest(at_once=print)), RandomState()]
    skip_empty_hooks(callbacks)
    return fit(Supervised(LeNet5, SPEC, ADAM), data.train_dataloader(), steps, callbacks)


def workers(root: Path, number: int, batch_size: int, steps: int) -> float:
    """Seconds a step of torchvision's dataset and transforms in a DataLoader."""
    from torchvision import datasets, transforms

    change = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
    dataset = datasets.MNIST(str(root), train=True, transform=change)
    loader: DataLoader[object] = DataLoader(dataset, batch_size, shuffle=True, num_workers=number)
    return fit(Plain(), loader, steps, [])


CONTENDERS = ("loop", "dlcli", "workers=0", "workers=2")


def once(contender: str, root: Path, batch_size: int, steps: int) -> float:
    """Seconds a step of one contender, in this process."""
    if contender.startswith("workers="):
        return workers(root, int(contender[-1]), batch_size, steps)
    data = MNIST(str(root), download=False)
    data.prepare_data()
    data.setup()
    return {"loop": loop, "dlcli": dlcli}[contender](data, batch_size, steps)


def measure(root: Path, options: argparse.Namespace, batch_size: int) -> dict[str, list[float]]:
    """Seconds a step of each, one after the other in every repetition."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for _ in range(options.repetitions):
        for name in CONTENDERS:
            command = [sys.executable, __file__, "--contender", name, "--root", str(root)]
            command += ["--steps", str(options.steps), "--batch-sizes", str(batch_size)]
            command += ["--threads", str(options.threads)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds[name].append(float(done.stdout.splitlines()[-1]))
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
    parser.add_argument("--contender", choices=CONTENDERS, help="measure one, in this process")
    parser.add_argument("--root", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    if options.contender:
        print(once(options.contender, options.root, options.batch_sizes[0], options.steps))
        return
    print(f"torch {torch.__version__}, Lightning {pl.__version__}, {options.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        write_mnist(Path(folder), 60_000)
        for batch_size in options.batch_sizes:
            show(batch_size, measure(Path(folder), options, batch_size))


if __name__ == "__main__":
    main()
