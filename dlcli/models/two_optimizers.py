"""What it means for a training that a module steps two optimizers itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import BatchSizeFinder, LearningRateFinder

from dlcli.errors import ConfigError
from dlcli.models.schedule import Schedule


def check_trainer(trainer: Trainer) -> None:
    """Refuse what cannot be done with two optimizers.

    Raises:
        ConfigError: naming all of it.
    """
    problems = []
    if trainer.gradient_clip_val:
        problems.append(
            f"trainer.gradient_clip_val: {trainer.gradient_clip_val}, but a GAN has two "
            "gradients, which are not clipped; leave it out"
        )
    if trainer.accumulate_grad_batches != 1:
        problems.append(
            f"trainer.accumulate_grad_batches: {trainer.accumulate_grad_batches}, but both "
            "sides of a GAN step in every batch; raise data.batch_size instead"
        )
    if trainer.world_size > 1:
        problems.append(
            f"trainer.devices: {trainer.world_size} processes were asked for, but a GAN "
            "trains in one; set trainer.devices=1"
        )
    finders = (LearningRateFinder, BatchSizeFinder)
    problems += [
        f"callbacks: {type(callback).__name__} cannot search for a GAN, which has two "
        "optimizers; leave it out"
        for callback in trainer.callbacks  # type: ignore[attr-defined]
        if isinstance(callback, finders)
    ]
    if problems:
        raise ConfigError(problems)


def scaled(scheduler: Schedule, ratio: float) -> Schedule:
    """The schedule for so many times the learning rate: some curves name their highest."""
    highest = getattr(scheduler.curve, "keywords", {}).get("max_lr")
    if scheduler.curve is None or highest is None:
        return scheduler
    return replace(scheduler, curve=partial(scheduler.curve, max_lr=highest * ratio))
