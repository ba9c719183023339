"""The GPUs that there are, found without CUDA, which a process that forks must not touch."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from dlcli.errors import ConfigError

VISIBLE = "CUDA_VISIBLE_DEVICES"
NAME = re.compile(r"\d+|(GPU|MIG)-\S+")
DRIVER = Path("/proc/driver/nvidia/gpus")
SIGNS = ("nvidia*", "dxg", "kfd", "dri")  # in /dev, of any kind of GPU, in use or not


def gpus() -> list[str]:
    """Names of the GPUs, as ``CUDA_VISIBLE_DEVICES`` takes them: those in it, where it is set."""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        names = [name.strip() for name in visible.split(",")]
        return list(itertools.takewhile(NAME.fullmatch, names))  # as CUDA: up to what is none
    count = len(list(DRIVER.glob("*"))) if DRIVER.is_dir() else 0
    return [str(index) for index in range(count)]


def chosen(wanted: Literal["auto"] | Sequence[int], found: Sequence[str]) -> list[str]:
    """Names of the GPUs that are wanted.

    Args:
        wanted: all of them, or indices of those that can be seen.
        found: as `gpus` tells; where nothing tells, the indices are taken on trust.

    Raises:
        ConfigError: there is none of such an index.
    """
    if wanted == "auto":
        return list(found)
    if not found and VISIBLE not in os.environ:
        return [str(index) for index in wanted]
    for index in wanted:
        if index >= len(found):
            raise ConfigError(
                f"executor.devices: there is no GPU {index}; {len(found)} can be seen, counted "
                "from 0; write auto for all of them"
            )
    return [found[index] for index in wanted]


def surely_none(devices: Path = Path("/dev")) -> bool:
    """Whether there is no GPU of any kind, whatever its name and whether it may be used.

    A process that has trained where torch sees one cannot be forked into others that train.
    """
    return sys.platform == "linux" and not any(any(devices.glob(sign)) for sign in SIGNS)
