"""Every sampler and pruner is written out in full, in words that Optuna will understand longer."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest

from dlcli.config.catalogue import options
from dlcli.config.instantiate import instantiate
from dlcli.config.sweep import compose_sweep

# What no file can give, and what Optuna gives up.
LEFT_OUT = {
    "TPESampler": {
        *("consider_prior", "prior_weight", "consider_magic_clip", "consider_endpoints"),
        *("gamma", "weights", "warn_independent_sampling", "constraints_func"),
    },
    "GPSampler": {"constraints_func"},
    "CmaEsSampler": {"x0", "sigma0", "restart_strategy", "inc_popsize", "source_trials"},
}


def built(node: dict[str, Any], **given: Any) -> Any:
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        warnings.simplefilter("ignore", ExperimentalWarning)
        made = instantiate(node)
        return made(**given) if given else made


def missing(made: Any, node: dict[str, Any]) -> set[str]:
    arguments = set(inspect.signature(type(made).__init__).parameters)
    return arguments - set(node) - {"self", "args", "kwargs", "seed"}


@pytest.mark.parametrize("option", [name for name, _ in options("search") if name != "grid"])
def test_every_argument_of_a_sampler_is_written_out(option: str):
    node = compose_sweep([f"search={option}", "seed=1,2"]).settings["search"]["sampler"]
    made = built(node, seed=0)
    assert missing(made, node) == LEFT_OUT.get(type(made).__name__, set())


@pytest.mark.parametrize("option", [name for name, _ in options("pruner")])
def test_every_argument_of_a_pruner_is_written_out(option: str):
    node = compose_sweep([f"pruner={option}", "seed=1,2"]).settings["pruner"]
    assert missing(built(node), node) == set()


@pytest.mark.parametrize("group", ["search", "pruner", "executor"])
def test_every_option_says_in_a_line_what_it_is(group: str):
    assert all(description for _, description in options(group))
    assert [name for name, _ in options(group)]
