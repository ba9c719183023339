"""Parts of a run are built so that nothing is tried that is known to work."""

from __future__ import annotations

from typing import Any

import pytest

from dlcli.training.experiment import validated_first

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
