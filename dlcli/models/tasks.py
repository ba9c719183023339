"""The task that a data set sets, by its target."""

from __future__ import annotations

from collections.abc import Callable

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models.classes import Classes
from dlcli.models.next_tokens import NextTokens
from dlcli.models.task import LossName, Task
from dlcli.models.values import Values


def task(spec: DataSpec, loss: LossName = "auto", label_smoothing: float = 0.0) -> Task:
    """The task that a data set sets.

    Raises:
        ConfigError: if the target needs a module of its own, or the loss or its smoothing is not
            for this data.
    """
    if not 0 <= label_smoothing < 1:
        raise ConfigError(f"model.label_smoothing: {label_smoothing} is not in [0, 1)")
    tasks: dict[str, Callable[[], Task]] = {
        "class": lambda: Classes(len(spec.classes), loss, label_smoothing),
        "value": lambda: Values(spec, loss),
        "next_token": lambda: NextTokens(spec.padding, loss, label_smoothing),
    }
    if spec.target not in tasks:
        raise ConfigError(
            "model: a supervised model needs classes, values or next tokens to learn, "
            "but this data asks for the input itself"
        )
    if label_smoothing and spec.target == "value":
        raise ConfigError(
            f"model.label_smoothing: {label_smoothing}, but this data has values and no labels"
        )
    return tasks[spec.target]()
