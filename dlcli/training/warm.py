"""Everything that a trial imports, for a process to import once that trials are then forked from.

No thread is started and no GPU is touched here: a fork has neither.
"""

from __future__ import annotations

import contextlib
import importlib
import os

from dlcli.training.startup import import_lightning

import_lightning()

# What a trial would import as it goes: by itself, through Lightning's lazy parts, and by the
# `_target_` of the packaged configuration.
MODULES = (
    "dlcli.training.attempt",
    "hydra.utils",
)


def import_all(names: list[str]) -> None:
    """Import modules, passing over those that cannot be: the trial will say why."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


import_all([*MODULES, *filter(None, os.environ.get("DLCLI_WARM", "").split(":"))])
