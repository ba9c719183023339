"""Progress of a training: a bar in a terminal, one plain line an epoch elsewhere."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from dlcli.training.metrics import in_headline, logged


class Progress(ProgressBar):
    """Shows on stderr how far a training is.

    Args:
        redraws_per_second: how often the bar is drawn, whatever the length of a step.
    """

    def __init__(self, redraws_per_second: int = 4) -> None:
        super().__init__()
        self.redraws_per_second = redraws_per_second
        self._bar: Bar | None = None
        self._drawn = 0.0
        self._epoch_start = 0.0
        self._unprinted: tuple[str, float] | None = None
        self._enabled = True

    def disable(self) -> None:
        """Show nothing; Lightning says so to every rank but the first."""
        self._enabled = False

    def enable(self) -> None:
        """Show the progress again."""
        self._enabled = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open the bar where there is a terminal to draw on; an epoch may be under way already."""
        self._epoch_start = time.monotonic()
        console = Console(file=sys.stderr)
        if not self._enabled or not console.is_terminal:
            return
        if console.is_dumb_terminal:
            return
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            auto_refresh=False,
        )
        self._bar.start()
        self._task = self._bar.add_task(
            f"epoch {_epoch_of(trainer)}", total=_length(self.total_train_batches)
        )

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the epoch's clock and empty the bar."""
        self._print(trainer)
        self._epoch_start = time.monotonic()
        if self._bar is not None:
            self._bar.reset(
                self._task,
                total=_length(self.total_train_batches),
                description=f"epoch {_epoch_of(trainer)}",
            )

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Draw the bar, a few times a second."""
        now = time.monotonic()
        if self._bar is not None and now - self._drawn > 1 / self.redraws_per_second:
            self._drawn = now
            self._bar.update(self._task, completed=batch_idx + 1, refresh=True)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note the epoch; its training metrics are logged only after this."""
        self._unprinted = (_epoch_of(trainer), time.monotonic() - self._epoch_start)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the last epoch, and take the bar away."""
        self._print(trainer)
        self._close()

    def _print(self, trainer: Trainer) -> None:
        """Print the metrics of the epoch before on a line of their own."""
        if self._unprinted is None or not self._enabled:
            return
        line = _line(trainer, *self._unprinted)
        self._unprinted = None
        if self._bar is not None:
            self._bar.console.print(line, markup=False, emoji=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Take the bar away."""
        self._close()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Show what is known before the error is shown."""
        self._print(trainer)
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _length(batches: int | float) -> int | None:
    """How many batches an epoch has; None where the data does not say."""
    return int(batches) if math.isfinite(batches) else None


def _epoch_of(trainer: Trainer) -> str:
    total = trainer.max_epochs
    return f"{trainer.current_epoch + 1}" + (f"/{total}" if total and total > 0 else "")


def _line(trainer: Trainer, epoch: str, seconds: float) -> str:
    metrics = sorted(logged(trainer).items())
    module = trainer.lightning_module
    parts = [f"{name} {value:.4g}" for name, value in metrics if in_headline(module, name)]
    return "  ".join([f"epoch {epoch}", *parts, f"{seconds:.1f} s"])
