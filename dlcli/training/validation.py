"""Whether anything is validated before a training ends, found out before it begins."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

from pytorch_lightning import LightningDataModule, LightningModule, Trainer

from dlcli.errors import ConfigError
from dlcli.training.most_steps import batches_an_epoch


def unvalidated(model: LightningModule, data: LightningDataModule, trainer: Trainer) -> str | None:
    """Why nothing is ever validated; None where something is, or nobody can say.

    Args:
        model: what is trained.
        data: set up; it is asked for its training batches, and none of them is made.
        trainer: of a training from its beginning.
    """
    if trainer.limit_val_batches == 0:
        return "trainer.limit_val_batches=0 validates nothing"
    every = trainer.check_val_every_n_epoch
    epochs = math.inf if trainer.max_epochs in (None, -1) else trainer.max_epochs or 0
    if every is not None and 0 < epochs < every:
        return (
            f"trainer.max_epochs={epochs} ends before the first validation, after epoch {every} "
            "(trainer.check_val_every_n_epoch)"
        )
    if trainer.max_steps == -1 or not model.automatic_optimization:
        return None
    first = _first(trainer, batches_an_epoch(data, trainer))
    if not math.isfinite(first) or trainer.max_steps >= first:
        return None
    return (
        f"trainer.max_steps={trainer.max_steps} ends before the first validation, after step "
        f"{first:.0f}"
    )


def _first(trainer: Trainer, batches: float) -> float:
    """The optimizer step after which is validated first; infinite where nobody can say."""
    interval, every = trainer.val_check_interval, trainer.check_val_every_n_epoch
    if isinstance(interval, int):
        before, inside = (every or 1) - 1, interval
    elif isinstance(interval, float) and math.isfinite(batches):
        before, inside = (every or 1) - 1, max(1, int(batches * interval))
    else:
        return math.inf
    count = (before * batches if before else 0) + inside
    return count if math.isinf(count) else math.ceil(count / trainer.accumulate_grad_batches)


def check_interval(data: LightningDataModule, trainer: Trainer) -> None:
    """Refuse an interval between validations that is longer than an epoch, as Lightning does.

    Raises:
        ConfigError: it is, and is not to be counted over epochs.
    """
    interval = trainer.val_check_interval
    if trainer.check_val_every_n_epoch is None or not isinstance(interval, int):
        return
    batches = batches_an_epoch(data, trainer)
    if interval > batches and trainer.limit_val_batches != 0:
        raise ConfigError(
            f"trainer.val_check_interval={interval}: an epoch has {batches} batches; lower it, or "
            "set trainer.check_val_every_n_epoch=null to count on over epochs"
        )


def check_validation(
    model: LightningModule,
    data: LightningDataModule,
    trainer: Trainer,
    values: Mapping[str, Any],
) -> None:
    """Warn where nothing is validated; refuse it where a metric of the validation is waited for.

    Args:
        model, data, trainer: as for `unvalidated`.
        values: of the root.

    Raises:
        ConfigError: the training would end with its first epoch, or not begin.
    """
    check_interval(data, trainer)
    reason = unvalidated(model, data, trainer)
    if reason is None:
        return
    nodes = [*values["callbacks"].values(), values["scheduler"]]
    waited = [str((node or {}).get("monitor")) for node in nodes]
    missed = next((name for name in waited if name.startswith("val/")), None)
    if missed is not None and trainer.limit_val_batches == 0:
        raise ConfigError(
            f"monitor: '{missed}' is never logged, as {reason}; set monitor=train/loss"
        )
    warnings.warn(f"{reason}, so no checkpoint is the best", stacklevel=2)
