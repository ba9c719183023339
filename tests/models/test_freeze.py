"""Frozen modules keep their weights and their running means while the rest is trained."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models.supervised import Supervised
from dlcli.nets.cnn import CNN

SPEC = DataSpec("image", (1, 8, 8), "class", classes=("a", "b"))


def module(*freeze: str) -> Supervised:
    return Supervised(CNN, SPEC, partial(torch.optim.SGD, lr=0.1), freeze=freeze)


def test_only_what_is_not_frozen_is_optimised():
    model = module("trunk")
    groups = model.configure_optimizers().param_groups
    assert [p.shape for group in groups for p in group["params"]] == [(2, 256), (2,)]
    assert all(p.requires_grad for p in model.net.head.parameters())


def test_the_running_means_of_a_frozen_batch_norm_stay():
    model = module("trunk.0")
    model.train()
    before = {name: value.clone() for name, value in model.net.state_dict().items()}
    model(torch.rand(4, 1, 8, 8))
    changed = [n for n, value in model.net.state_dict().items() if not value.equal(before[n])]
    assert [name.split(".running")[0] for name in changed if "running" in name] == ["trunk.1.1"] * 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("trunkk", "the net has no module 'trunkk'; did you mean trunk or trunk.1?"),
        ("xyz", "the net has no module 'xyz'; its modules are stem, trunk, dropout, head"),
    ],
)
def test_a_module_that_is_not_there_is_refused(name, reason):
    with pytest.raises(ConfigError) as refusal:
        module(name)
    assert refusal.value.problems == [f"model.freeze: {reason}"]


def test_freezing_everything_is_refused():
    with pytest.raises(ConfigError) as refusal:
        module("trunk", "head")
    assert str(refusal.value) == "model.freeze: trunk, head leave nothing of the net to train"
