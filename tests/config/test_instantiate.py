"""Nodes are built as Hydra builds them, and nothing runs that may not."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest
import torch
from hydra.utils import instantiate as by_hydra

from dlcli.config.compose import compose
from dlcli.config.instantiate import instantiate
from dlcli.errors import ConfigError
from dlcli.nets import cnn

LINEAR = {"_target_": "torch.nn.Linear", "in_features": 2, "out_features": 3}
NODES: dict[str, dict[str, Any]] = {
    "arguments": LINEAR,
    "positional": {"_target_": "torch.nn.Linear", "_args_": [2, 3], "bias": False},
    "partial": {"_target_": "torch.optim.Adam", "_partial_": True, "lr": 0.5, "betas": [0.5, 0.9]},
    "nested": {
        "_target_": "torch.nn.Sequential",
        "_args_": [LINEAR, {"_target_": "torch.nn.ReLU"}],
    },
    "not nested": {
        "_target_": "torch.nn.ParameterDict",
        "_recursive_": False,
        "_partial_": True,
        "parameters": {"inner": LINEAR},
    },
    "containers": {
        "_target_": "torch.nn.Identity",
        "_partial_": True,
        "list": [1, [2, {"a": None}]],
        "inner": [LINEAR],
    },
}


def shown(made: Any) -> str:
    """What tells two built things apart."""
    if isinstance(made, partial):
        return f"{made.func} {shown(made.args)} {shown(made.keywords)}"
    if isinstance(made, dict):
        return f"{type(made)} {[(key, shown(value)) for key, value in made.items()]}"
    if isinstance(made, (list, tuple)):
        return f"{[shown(value) for value in made]}"
    return repr(made)


@pytest.mark.parametrize("name", NODES)
def test_a_node_means_what_it_means_to_hydra(name: str) -> None:
    theirs = by_hydra({**NODES[name], "_convert_": "all"})
    if not isinstance(theirs, torch.nn.Module):
        theirs = partial(theirs.func, *theirs.args, **theirs.keywords)
    assert shown(instantiate(NODES[name])) == shown(theirs)


def test_the_packaged_callbacks_are_built_as_by_hydra() -> None:
    nodes = compose("train", []).values["callbacks"]
    assert len(nodes) > 4
    for node in filter(None, nodes.values()):
        ours, theirs = instantiate(node), by_hydra({**node, "_convert_": "all"})
        assert type(ours) is type(theirs)
        kept = [{k: v for k, v in vars(one).items() if k in node} for one in (ours, theirs)]
        assert kept[0] == kept[1]


def test_a_name_that_leads_outside_when_it_is_imported_may_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cnn, "CNN", os.system)
    with pytest.raises(ConfigError, match=r"CNN may not run: it is posix.system, from outside"):
        instantiate({"_target_": "dlcli.nets.cnn.CNN", "_args_": ["false"]})


def test_what_cannot_be_called_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cnn, "CNN", 3)
    with pytest.raises(ConfigError, match="CNN may not run: it is no class or function"):
        instantiate({"_target_": "dlcli.nets.cnn.CNN"})
