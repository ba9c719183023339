"""What a trial needs before it trains, prepared once in the process that trials are forked from.

No thread is started and no GPU is touched: neither would outlive a fork. (NumPy's OpenBLAS has a
thread of its own, which it ends before a fork and starts anew after it.)
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
from collections.abc import Iterable

from dlcli.training.practice import one_thread, practise
from dlcli.training.startup import WARM_DATA, WARM_MODULES, WARM_PRACTICE, import_lightning

import_lightning()

# What every trial would import as it goes.
MODULES = (
    "dlcli.config.index",
    "dlcli.data.memory",
    "dlcli.models.regularizer",
    "dlcli.models.schedule",
    "dlcli.models.supervised",
    "dlcli.nets.init",
    "dlcli.training.attempt",
    "dlcli.training.averaging",
    "dlcli.training.early_stopping",
    "dlcli.training.learning_rate",
    "dlcli.training.pictures",
    "dlcli.training.progress",
    "dlcli.training.trial",
    "torch.utils.flop_counter",
    "torch.utils.serialization.config",
)


def import_all(names: Iterable[str]) -> None:
    """Import modules, passing over those that cannot be: the trial will say why."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def read_data(text: str) -> None:
    """Set up the data of most trials, on this thread alone, for them to share.

    Args:
        text: the data's node, and the packages of the user's own that it may use, as JSON.
    """
    from dlcli.training.experiment import READY, build_data, setup_key

    wanted = json.loads(text)
    with one_thread(), contextlib.suppress(Exception):
        data, _ = build_data(wanted["node"], tuple(wanted["allow"]))
        if hasattr(data, "take_over"):
            READY[setup_key(wanted["node"])] = data


def look_up_once() -> None:
    """Have Lightning look up only once what packages offer it; it does so for every trainer."""
    registry = importlib.import_module("lightning_fabric.utilities.registry")
    registry.entry_points = functools.cache(registry.entry_points)  # type: ignore[attr-defined]


def warm_up() -> None:
    """Do all of it."""
    from dlcli.training.record import versions

    import_all([*MODULES, *filter(None, os.environ.get(WARM_MODULES, "").split(":"))])
    versions()
    with contextlib.suppress(AttributeError, ImportError):
        look_up_once()
    if text := os.environ.get(WARM_DATA):
        read_data(text)
    if os.environ.get(WARM_PRACTICE):
        with contextlib.suppress(Exception):
            practise()


warm_up()
