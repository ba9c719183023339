"""Devices that are asked for are there, or the refusal says which are."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch

from dlcli.errors import ConfigError
from dlcli.training.device import check_device


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)


@pytest.mark.parametrize("accelerator", ["gpu", "cuda", "auto"])
@pytest.mark.parametrize("devices", [[2], [0, 5], 3, "3", "0,2"])
def test_a_gpu_that_is_not_there_is_refused(accelerator: str, devices: Any, two_gpus: None) -> None:
    with pytest.raises(ConfigError) as error:
        check_device({"accelerator": accelerator, "devices": devices})
    assert error.value.problems == [
        f"trainer.devices: {devices} was asked for, but there are 2: 0 (GPU 0), 1 (GPU 1)"
    ]


@pytest.mark.parametrize("devices", [1, 2, -1, "2", [1], [0, 1], "0,1", "auto"])
def test_gpus_that_are_there_are_taken(devices: Any, two_gpus: None) -> None:
    check_device({"accelerator": "gpu", "devices": devices})


def test_more_processes_than_cores_are_refused() -> None:
    cores = os.cpu_count() or 1
    check_device({"accelerator": "cpu", "devices": 2})
    with pytest.raises(ConfigError, match=rf"1000 processes .* this CPU has {cores} cores"):
        check_device({"accelerator": "cpu", "devices": 1000})
