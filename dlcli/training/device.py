"""The devices that a run asks for, against those that are there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dlcli.errors import ConfigError

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps", "tpu")


def check_device(trainer: Mapping[str, Any]) -> None:
    """Refuse an accelerator, a device index or a number of devices that this machine lacks.

    Args:
        trainer: the trainer's node, with ``accelerator`` and ``devices``.

    Raises:
        ConfigError: with what is there.
    """
    import torch

    accelerator = trainer.get("accelerator", "auto")
    if accelerator not in ACCELERATORS:
        raise ConfigError(
            f"trainer.accelerator: {accelerator!r} is unknown; choices: {', '.join(ACCELERATORS)}"
        )
    count = torch.cuda.device_count()
    if accelerator == "cpu" or (accelerator == "auto" and not _has_accelerator()):
        check_processes(trainer)
        return
    if accelerator not in ("gpu", "cuda", "auto") or (accelerator == "auto" and count == 0):
        return
    if count == 0:
        raise ConfigError(
            f"trainer.accelerator: {trainer['accelerator']} was asked for, but there is no GPU"
            f"{_hidden()}; there is a CPU with {os.cpu_count()} cores: trainer=cpu"
        )
    beyond = [index for index in _asked(trainer.get("devices", 1), count) if index >= count]
    if beyond:
        raise ConfigError(
            f"trainer.devices: {trainer['devices']} was asked for, but there are {count}: "
            + ", ".join(f"{index} ({torch.cuda.get_device_name(index)})" for index in range(count))
        )


def check_processes(trainer: Mapping[str, Any]) -> None:
    """Refuse more processes than there are cores; two are always allowed, to try them out.

    Raises:
        ConfigError: with the number of cores.
    """
    cores, asked = os.cpu_count() or 1, str(trainer.get("devices", 1))
    if asked.isdigit() and int(asked) > max(2, cores):
        raise ConfigError(
            f"trainer.devices: {asked} processes were asked for, but this CPU has {cores} cores"
        )


def _has_accelerator() -> bool:
    import torch

    return torch.accelerator.is_available()


def hide_absent_gpus() -> None:
    """Spare the optimizer a search for the driver at each step where there is no GPU.

    torch (2.15) asks whether a GPU is there at every step, and where none is, that loads the
    driver's library in vain; it does not ask where the visible devices are named as none.
    """
    import torch

    if torch.cuda.device_count() == 0:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def _hidden() -> str:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return f" (CUDA_VISIBLE_DEVICES='{visible}')" if visible is not None else ""


def _asked(devices: Any, count: int) -> list[int]:
    """The device indices that Lightning takes an argument for."""
    if devices is None:
        return []
    if isinstance(devices, list):
        return [int(index) for index in devices]
    if isinstance(devices, str) and not devices.lstrip("-").isdigit():
        return [int(part) for part in devices.split(",") if part.strip().isdigit()]
    number = int(devices)
    return list(range(count if number == -1 else number))


def device_name() -> str:
    """The device that training on this machine uses by default, as a person would name it."""
    import platform

    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    return f"CPU ({platform.processor() or platform.machine()}, {os.cpu_count()} cores)"
