"""A resumed run may be made longer where its learning rate knows how to go on."""

from __future__ import annotations

import pytest

from dlcli.config.compose import Config, compose
from dlcli.errors import ConfigError
from dlcli.training.lengthening import check_length


def lengthen(*overrides: str, trainer: dict[str, int]) -> None:
    """Check a run of 8 epochs that goes on with another ``trainer``."""
    config: Config = compose("train", ["trainer.max_epochs=8", *overrides])
    before = {**config.values, "trainer": dict(config.values["trainer"])}
    config.values["trainer"].update(trainer)
    check_length(config, before)


@pytest.mark.parametrize(
    "scheduler", ["none", "step", "exponential", "inverse_sqrt", "plateau", "warm_restarts"]
)
def test_a_schedule_without_an_end_can_go_on(scheduler: str) -> None:
    lengthen(f"scheduler={scheduler}", trainer={"max_epochs": 12})


@pytest.mark.parametrize(
    ("scheduler", "curve"),
    [("cosine", "CosineAnnealingLR"), ("linear", "LinearLR"), ("one_cycle", "OneCycleLR")],
)
def test_a_schedule_with_an_end_is_refused_with_the_ways_out(scheduler: str, curve: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        lengthen(f"scheduler={scheduler}", trainer={"max_epochs": 12})
    assert str(refusal.value) == (
        "trainer.max_epochs: 12, but the run was made for 8, and its schedule "
        f"({curve}) has no learning rate for what comes after; start a new run of that length, "
        "from these weights with model.init_from=RUN, or choose a schedule without an end "
        "(none, step, exponential, inverse_sqrt, plateau, warm_restarts) for a run to lengthen"
    )


def test_a_run_without_an_end_is_longer_than_any() -> None:
    with pytest.raises(ConfigError, match=r"trainer\.max_epochs: -1, but the run was made for 8"):
        lengthen("scheduler=cosine", trainer={"max_epochs": -1})


@pytest.mark.parametrize("epochs", [5, 8])
def test_a_run_may_be_shorter_or_as_long(epochs: int) -> None:
    lengthen("scheduler=cosine", trainer={"max_epochs": epochs})


def test_a_run_may_come_up_to_an_end_that_was_given() -> None:
    ends = ("scheduler=cosine", "scheduler.curve.T_max=12")
    lengthen(*ends, trainer={"max_epochs": 12})
    lengthen(*ends, "scheduler.warmup=2", trainer={"max_epochs": 14})
    with pytest.raises(ConfigError):
        lengthen(*ends, trainer={"max_epochs": 13})
