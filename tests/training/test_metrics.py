"""A monitored metric is one that the model logs, and its direction is the model's."""

from __future__ import annotations

import math

import pytest
from pytorch_lightning import LightningModule

from dlcli.errors import ConfigError
from dlcli.training.metrics import better, check_monitor, direction, directions


class Says(LightningModule):
    def metrics(self) -> dict[str, str]:
        return {"val/loss": "min", "val/acc": "max"}


def test_a_metric_that_is_not_logged_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as refusal:
        check_monitor(Says(), "monitor", "val/accc")
    assert str(refusal.value) == (
        "monitor: Says does not log 'val/accc'; did you mean val/acc? (it logs val/acc, val/loss)"
    )


def test_a_module_that_does_not_say_may_be_monitored_by_anything() -> None:
    check_monitor(LightningModule(), "monitor", "val/whatever")


def test_the_direction_is_the_models_unless_given() -> None:
    assert direction(Says(), "val/acc", "auto") == "max"
    assert direction(Says(), "val/acc", "min") == "min"


def test_the_direction_that_was_asked_for_is_recorded() -> None:
    asked = {"monitor": "val/mine", "mode": "max"}
    assert directions(Says(), asked)["val/mine"] == "max"
    assert directions(LightningModule(), asked) == {"val/mine": "max"}
    assert directions(LightningModule(), {"monitor": "val/mine", "mode": "auto"}) == {}


def test_a_direction_that_nobody_knows_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="set mode=min or mode=max"):
        direction(LightningModule(), "val/acc", "auto")


def test_better_is_strict_and_anything_is_better_than_nothing() -> None:
    assert better(math.inf, None, "min")
    assert better(0.1, 0.2, "min")
    assert not better(0.2, 0.2, "min")
    assert better(0.3, 0.2, "max")
