"""The learning rate of each epoch, as a metric."""

from __future__ import annotations

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback


class LearningRate(Callback):
    """Logs at the start of an epoch ``lr``, or ``lr/0``, ``lr/1``… where there are several rates.

    One number where all parameters have the same rate, however many groups they are in.
    """

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the rates that the optimizers have now."""
        groups = [group for optimizer in trainer.optimizers for group in optimizer.param_groups]
        rates = [float(group["lr"]) for group in groups]
        named = {f"lr/{number}": rate for number, rate in enumerate(rates)}
        report = {"lr": rates[0]} if len(set(rates)) == 1 else named
        trainer.callback_metrics.update(
            {name: torch.tensor(rate, dtype=torch.float64) for name, rate in report.items()}
        )
        # the step that Lightning gives all its metrics, however many optimizers there are
        step = trainer.fit_loop.epoch_loop._batches_that_stepped
        if trainer.logger is not None:
            trainer.logger.log_metrics(report, step=step)
