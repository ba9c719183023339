"""What a model and its training cost: parameters, FLOPs, samples a second, peak memory."""

from __future__ import annotations

import resource
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.data.spec import DataSpec

# What is recorded of every run's cost, and which way of it is better.
DIRECTIONS: dict[str, Literal["min", "max"]] = {
    "cost/params": "min",
    "cost/flops": "min",
    "cost/duration_s": "min",
    "cost/peak_memory_mb": "min",
    "cost/samples_per_second": "max",
}


def parameters(model: LightningModule) -> int:
    """How many trainable numbers the model has."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def flops(model: LightningModule, spec: DataSpec) -> int | None:
    """Floating-point operations of one forward pass on one example, or None where not to be had.

    Counts matrix products and convolutions, two operations a multiply-add.
    """
    net = getattr(model, "net", None)
    if net is None:
        return None
    from torch.utils.flop_counter import FlopCounterMode

    training = net.training
    try:
        with torch.no_grad(), made_of_products(), FlopCounterMode(display=False) as counter:
            net.eval()(example(spec))
    except Exception:  # a net of the user's that wants another input: no figure, no failure
        return None
    finally:
        net.train(training)
    return int(counter.get_total_flops())


@contextmanager
def made_of_products() -> Iterator[None]:
    """PyTorch's own LSTM and attention, made of matrix products.

    oneDNN's LSTM and the fast path of a transformer's layer are one operation, which is not
    counted. To switch oneDNN off and on warns of something else on machines without an Intel GPU.
    """
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with torch.backends.mkldnn.flags(enabled=False):
                yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def example(spec: DataSpec) -> torch.Tensor:
    """An example ``(1, *spec.shape)`` of zeros; a text as long as any, of one token alone."""
    if spec.kind != "tokens":
        return torch.zeros(1, *spec.shape)
    return torch.full((1, *spec.shape), 1 if spec.padding == 0 else 0)


def peak_memory(device: torch.device) -> float:
    """The most memory used so far, in MB: the GPU's where training is there, else the process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilobyte / 1e6


class Throughput(Callback):
    """Counts training samples a second, without the time of validations."""

    def __init__(self) -> None:
        self.samples = 0
        self.seconds = 0.0
        self._start = 0.0
        self._counted = 0

    @property
    def per_second(self) -> float:
        """Training samples a second, over all ranks; 0 before the first epoch's end."""
        return self.samples / self.seconds if self.seconds else 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; a resumed epoch is under way already."""
        self._start = time.monotonic()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self._counted = 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count the batch."""
        self._counted += _batch_size(batch)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock at the last step before."""
        self._stop(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock again, as the epoch may go on."""
        self._start = time.monotonic()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock where there was no validation."""
        self._stop(trainer, pl_module)

    def _stop(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._counted and not trainer.sanity_checking:
            if pl_module.device.type == "cuda":  # steps may only have been asked for as yet
                torch.cuda.synchronize(pl_module.device)
            self.samples += self._counted * trainer.world_size
            self.seconds += time.monotonic() - self._start
            self._counted = 0


def _batch_size(batch: Any) -> int:
    first = batch[0] if isinstance(batch, (list, tuple)) else batch
    return len(first) if isinstance(first, torch.Tensor) else 0
