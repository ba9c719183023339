"""The GPUs that there are, found without CUDA, which a process that forks must not touch."""

from __future__ import annotations

import os
from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/gpus")


def gpus() -> list[int]:
    """Indices of the GPUs, as ``CUDA_VISIBLE_DEVICES`` counts them where it is set."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [int(name) for name in visible.split(",") if name.strip().isdigit()]
    return list(range(len(list(DRIVER.glob("*"))))) if DRIVER.is_dir() else []
