"""The GPUs that there are, found without CUDA, which a process that forks must not touch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/gpus")
SIGNS = ("nvidia*", "dxg", "kfd", "dri")  # in /dev, of any kind of GPU, in use or not


def gpus() -> list[int]:
    """Indices of the GPUs, as ``CUDA_VISIBLE_DEVICES`` counts them where it is set."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [int(name) for name in visible.split(",") if name.strip().isdigit()]
    return list(range(len(list(DRIVER.glob("*"))))) if DRIVER.is_dir() else []


def surely_none(devices: Path = Path("/dev")) -> bool:
    """Whether there is no GPU of any kind, whatever its name and whether it may be used.

    A process that has trained where torch sees one cannot be forked into others that train.
    """
    return sys.platform == "linux" and not any(any(devices.glob(sign)) for sign in SIGNS)
