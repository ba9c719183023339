"""What is not as it was when a run was recorded is listed, with what follows from it."""

from __future__ import annotations

from dlcli.training.surroundings import EXPECT, changes, computing

BEFORE = {
    "dlcli": "0.1.0",
    "python": "3.11.7",
    "platform": "Linux",
    "packages": {"torch": "2.14.0", "numpy": "2.4.6"},
    "device": "NVIDIA H100",
    "cores": 16,
    "threads": 8,
}
TRAINER = {"accelerator": "gpu", "devices": 1, "max_epochs": 3}


def test_the_same_surroundings_say_nothing() -> None:
    assert changes(BEFORE, BEFORE) == []
    assert computing(TRAINER, TRAINER, gpu=False) == []


def test_packages_and_device_are_named_with_both_values() -> None:
    packages = {"torch": "2.15.0", "scipy": "1.16.0"}
    assert changes(BEFORE, {**BEFORE, "packages": packages, "device": "CPU"}) == [
        "numpy: 2.4.6, now absent",
        "scipy: absent, now 1.16.0",
        "torch: 2.14.0, now 2.15.0",
        f"device: NVIDIA H100, now CPU, {EXPECT}",
    ]


def test_a_record_without_its_environment_is_told() -> None:
    (line,) = changes({}, BEFORE)
    assert line == "environment: the run's record of it is gone, so it is not compared"


def test_another_accelerator_is_told_and_so_are_sums_in_any_order() -> None:
    assert computing(TRAINER, {**TRAINER, "accelerator": "cpu"}, gpu=False) == [
        f"trainer.accelerator: gpu, now cpu, {EXPECT}"
    ]
    (line,) = computing(TRAINER, TRAINER, gpu=True)
    assert line.startswith("trainer.deterministic: not set, and on a GPU some sums are then added")
    assert computing(TRAINER, {**TRAINER, "deterministic": True}, gpu=True) == []
