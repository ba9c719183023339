"""Whatever is written on the command line, the answer is a configuration or a refusal."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcli.config.compose import compose
from dlcli.errors import ConfigError
from tests.fuzz.conftest import LARGE, SMALL, budget

KEYS = st.sampled_from(
    [
        "seed",
        "monitor",
        "model",
        "model.net",
        "model.net.channels",
        "data.batch_size",
        "optimizer",
        "optimizer.lr",
        "optimizer.betas",
        "optimizer._target_",
        "optimizer._partial_",
        "optimizer._args_",
        "scheduler.curve",
        "trainer.devices",
        "callbacks",
        "callbacks.mine",
        "tracking.uri",
        "experiment",
        "_target_",
        "hydra.run.dir",
    ]
) | st.text(max_size=10)
SCALARS = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["null", "true", "???", "inf", "''", "a,b", "os.system", "1e999", "0x", "-"]),
    st.sampled_from(["${seed}", "${optimizer.lr}", "${oc.env:HOME}", "${oc.decode:1}", "${", "$"]),
    st.text(max_size=12),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.dictionaries(KEYS, inner, max_size=3).map(
            lambda items: f"{{{','.join(f'{key}:{value}' for key, value in items.items())}}}"
        ),
        inner.map(lambda value: f"choice({value})"),
        inner.map(lambda value: f"int({value})"),
        inner.map(lambda value: f"'{value}'"),
    ),
    max_leaves=6,
)
SIGNS = st.sampled_from(["", "+", "++", "~", "@"])
OVERRIDES = st.builds("{}{}={}".format, SIGNS, KEYS, VALUES) | st.text(max_size=20)
LINES = st.lists(OVERRIDES, min_size=1, max_size=3)


def composes_or_refuses(overrides: list[str]) -> None:
    with suppress(ConfigError):
        config = compose("train", overrides)
        assert config.values["trainer"]["_target_"]
    assert list(Path.cwd().iterdir()) == []


@budget(SMALL)
@given(LINES)
def test_an_override_is_applied_or_refused(overrides: list[str]) -> None:
    composes_or_refuses(overrides)


@pytest.mark.slow
@budget(LARGE)
@given(LINES)
def test_thousands_of_overrides_are_applied_or_refused(overrides: list[str]) -> None:
    composes_or_refuses(overrides)
