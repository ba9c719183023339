"""Make what training makes first, once beforehand, so that no run is created for a refusal."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.utilities.model_helpers import is_overridden

from dlcli.errors import ConfigError, DlcliError
from dlcli.training.metrics import declared
from dlcli.training.most_steps import most_steps

# Any number will do where only whether there is an end is asked for.
SOME_STEPS = 1000


def check_methods(model: LightningModule, data: LightningDataModule) -> None:
    """Refuse a module or data module without the methods that training calls.

    Raises:
        ConfigError: naming all that are missing.
    """
    needed = {"training_step": model, "configure_optimizers": model, "train_dataloader": data}
    problems = [
        f"{'data' if part is data else 'model'}: {type(part).__name__} has no {name}, "
        "and nothing can be trained without it"
        for name, part in needed.items()
        if not is_overridden(name, part)
    ]
    if problems:
        raise ConfigError(problems)


def untestable(model: LightningModule, data: LightningDataModule) -> str | None:
    """Why there is no test, or None where there can be one."""
    for name, part in {"test_step": model, "test_dataloader": data}.items():
        if not is_overridden(name, part):
            return f"there is no test: {type(part).__name__} has no {name}"
    return None


def rehearse(
    model: LightningModule,
    optimizer: Callable[..., Any],
    scheduler: Any,
    trainer: Trainer,
    data: LightningDataModule | None,
) -> None:
    """Make the optimizer, and the schedule over it, for all parameters of a model.

    Args:
        data: set up; None where its batches are not those that are trained on.

    Raises:
        ConfigError: their arguments do not go together.
    """
    parameters = list(model.parameters())
    if not parameters:
        return
    made = _tried("optimizer", lambda: optimizer(parameters))
    build = getattr(scheduler, "build", None)
    if build is not None:
        warmup = getattr(scheduler, "warmup", 0)
        steps = math.inf if _endless(trainer) else SOME_STEPS + warmup
        if data is not None and warmup and getattr(scheduler, "needs_steps", False):
            steps = min(steps, most_steps(model, data, trainer))
        _tried("scheduler", lambda: build(made, steps, declared(model) or {}))


def _endless(trainer: Trainer) -> bool:
    return trainer.max_epochs == -1 and trainer.max_steps == -1


def _tried(place: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except DlcliError:
        raise
    except Exception as error:
        raise ConfigError(f"{place}: {error}") from error
