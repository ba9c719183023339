"""What a model logs, and which way of it is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from pytorch_lightning import LightningModule, Trainer

from dlcli.config.suggest import nearest
from dlcli.errors import ConfigError, TrainingError

Mode = Literal["min", "max"]


def logged(trainer: Trainer) -> dict[str, float]:
    """The metrics logged so far, as plain numbers; waits for the device, so not for a step."""
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


def in_headline(module: LightningModule, name: str) -> bool:
    """Whether a metric is one of the few that the module names to look at first.

    A module that names none means all; what is not ``STAGE/quantity``, such as the learning rate,
    is always among them.
    """
    headline = getattr(module, "headline", None)
    _, stage, quantity = name.rpartition("/")
    return headline is None or not stage or quantity in headline


def declared(module: LightningModule) -> Mapping[str, Mode] | None:
    """What the module says it logs and which way is better, or None where it does not say."""
    says = getattr(module, "metrics", None)
    return says() if callable(says) else None


def directions(module: LightningModule, values: Mapping[str, Any]) -> dict[str, Mode]:
    """Which way of each metric is better, as the module says; of the monitored one as was asked.

    Args:
        module: the model.
        values: of the root.
    """
    monitor, mode = values.get("monitor"), values.get("mode", "auto")
    asked = {monitor: mode} if monitor and mode != "auto" else {}
    return {**(declared(module) or {}), **asked}


def direction(module: LightningModule, monitor: str, mode: str) -> Mode:
    """Whether less or more of a metric is better.

    Raises:
        ConfigError: ``mode`` is auto and the module does not say.
    """
    if mode != "auto":
        return cast(Mode, mode)
    says = declared(module) or {}
    if monitor in says:
        return says[monitor]
    raise ConfigError(
        f"mode: auto, but {type(module).__name__} does not say whether less or more of "
        f"'{monitor}' is better; set mode=min or mode=max"
    )


def check_monitor(module: LightningModule, place: str, monitor: str) -> None:
    """Refuse a monitored metric that the module says it does not log.

    Raises:
        ConfigError: with the nearest names and all that it logs.
    """
    says = declared(module)
    if says is None or monitor in says:
        return
    close = nearest(monitor, list(says))
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise ConfigError(
        f"{place}: {type(module).__name__} does not log '{monitor}'{hint} "
        f"(it logs {', '.join(sorted(says))})"
    )


def never_logged(monitor: str, metrics: Mapping[str, object]) -> TrainingError:
    """The end of a training whose monitored metric the module has not logged."""
    return TrainingError(
        f"monitor: '{monitor}' was not logged by the first validation; "
        f"logged are {', '.join(sorted(metrics)) or 'none'}",
        reason="monitor",
    )


def better(value: float, than: float | None, mode: str) -> bool:
    """Whether a value is strictly better than another; anything is better than None."""
    if than is None:
        return True
    return value < than if mode == "min" else value > than
