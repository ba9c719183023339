"""Whether a resumed run may train for longer than it was to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dlcli.config.compose import Config
from dlcli.config.instantiate import instantiate
from dlcli.errors import ConfigError

LENGTHS = ("max_epochs", "max_steps")


def check_length(config: Config, before: Mapping[str, Any]) -> None:
    """Refuse to train past the end of a schedule, whose learning rate is made up there.

    Args:
        config: what the run is to go on with.
        before: the values of the configuration that it was trained with.

    Raises:
        ConfigError: it is to be longer, and its schedule has an end before that.
    """
    now = config.values["trainer"]
    was = before.get("trainer", now)
    longer = [name for name in LENGTHS if length(now, name) > length(was, name)]
    if not longer:
        return
    scheduler = instantiate(config.values["scheduler"], config.allow)
    if getattr(scheduler, "ending", None) is None:
        return
    by = "max_steps" if scheduler.interval == "step" else "max_epochs"
    if scheduler.end is not None and length(now, by) <= scheduler.end:
        return
    curve = config.values["scheduler"]["curve"]["_target_"].rpartition(".")[2]
    name = longer[0]
    raise ConfigError(
        f"trainer.{name}: {now[name]}, but the run was made for {was.get(name)}, and its schedule "
        f"({curve}) has no learning rate for what comes after; start a new run of that length, "
        "from these weights with model.init_from=RUN, or choose a schedule without an end "
        "(none, step, exponential, inverse_sqrt, plateau, warm_restarts) for a run to lengthen"
    )


def length(trainer: Mapping[str, Any], name: str) -> float:
    """A length of the training, infinite where there is none."""
    value = trainer.get(name)
    return math.inf if value in (None, -1) else float(value)
