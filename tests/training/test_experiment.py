"""Parts of a run are built so that nothing is tried that is known to work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlcli.config.compose import compose
from dlcli.errors import ConfigError
from dlcli.training.experiment import build, validated_first

OWN = {"_target_": "dlcli.models.supervised.Supervised", "net": {"_target_": "dlcli.nets.cnn.CNN"}}
LEFT_TO_LIGHTNING: dict[str, int] = {}


@pytest.mark.parametrize(
    ("model", "allow", "asked"),
    [
        (OWN, (), {"num_sanity_val_steps": 0}),
        (OWN, ("mine",), {"num_sanity_val_steps": 0}),
        (OWN | {"net": {"_target_": "mine.net.Net"}}, ("mine",), LEFT_TO_LIGHTNING),
        (OWN | {"net": [{"_target_": "mine.net.Net"}]}, ("mine",), LEFT_TO_LIGHTNING),
    ],
)
def test_only_code_of_the_users_is_validated_before_it_is_trained(
    model: dict[str, Any], allow: tuple[str, ...], asked: dict[str, int]
) -> None:
    assert validated_first({"model": model}, allow) == asked


TOO_LONG = ["data=digits", "model=linear", "trainer=cpu", "trainer.val_check_interval=500"]


@pytest.mark.parametrize("callbacks", ["default", "[default,lr_finder]"])
def test_a_resumed_training_is_validated_at_an_interval_within_its_epochs(
    callbacks: str, tmp_path: Path
) -> None:
    config = compose("train", [*TOO_LONG, f"callbacks={callbacks}"])
    with pytest.raises(ConfigError, match="val_check_interval=500: an epoch has 40 batches"):
        build(config, tmp_path, [], resuming=True)


def test_that_is_not_asked_where_the_checkpoint_says_how_large_the_batches_are(
    tmp_path: Path,
) -> None:
    config = compose("train", [*TOO_LONG, "callbacks=[default,batch_size_finder]"])
    build(config, tmp_path, [], resuming=True)
