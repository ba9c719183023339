"""The corners of a space: what is seen of them before any model is built."""

from __future__ import annotations

from typing import Any

import pytest

from dlcli.cli.sweep_check import check_corners
from dlcli.cli.sweeping import composed
from dlcli.errors import ConfigError


class Built(Exception):
    """The checks have come as far as the models."""


class Executor:
    """Builds nothing."""

    def start(self, *_: Any) -> None:
        raise Built


@pytest.mark.parametrize(
    "space", [["trainer.devices=choice(1, 2)", "trainer=ddp"], ["trainer=choice(cpu, ddp)"]]
)
def test_trials_on_one_device_and_on_several_are_refused_in_one_sweep(space: list[str]) -> None:
    made = composed(["model=mlp", "search=grid", *space], None, [])
    with pytest.raises(ConfigError) as refused:
        check_corners(made, Executor())  # type: ignore[arg-type]
    assert str(refused.value) == (
        "trainer.devices: is 1, 2 by trial; one device and several do not go together in a sweep: "
        "start one with trainer.devices=1, and another with more"
    )


def test_all_trials_may_have_several_devices() -> None:
    made = composed(
        ["model=mlp", "search=grid", "trainer=ddp", "trainer.devices=choice(2, 3)"], None, []
    )
    with pytest.raises(Built):
        check_corners(made, Executor())  # type: ignore[arg-type]
