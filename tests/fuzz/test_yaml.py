"""Whatever a configuration file holds, the answer is a configuration or a refusal."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcli.config.compose import compose
from dlcli.errors import ConfigError
from tests.fuzz.conftest import LARGE, SMALL, budget

GOOD = b"# Mine.\ndefaults: [adam]\n_target_: torch.optim.SGD\n_partial_: true\nlr: 1e-3\n"
PIECES = st.sampled_from(
    [
        "lr: 0.1",
        "defaults:",
        "- adam",
        "- override /model: mlp",
        "- /data: mnist",
        "- mine",
        "_target_: os.system",
        "# @package _global_",
        "# @package x.y",
        "&a [*a]",
        "*a",
        "? [1, 2]",
        "<<: {a: 1}",
        "!!python/name:os.system",
        "!!binary aaaa",
        "!!set {a, b}",
        "1: 2",
        "null: 3",
        "2026-01-01: 12:30:00",
        ".nan: .inf",
        "a: ${optimizer.a}",
        "a: |",
        "---",
        "...",
        "%YAML 9.9",
        "{",
        "\t",
        "\ufeff",
        "\u2028",
        "'",
    ]
)
TEXTS = st.lists(st.builds("{}{}".format, st.sampled_from(["", "  ", "    "]), PIECES)).map(
    lambda lines: "\n".join(lines).encode()
)
DAMAGED = st.builds(
    lambda at, junk: GOOD[:at] + junk + GOOD[at + len(junk) :],
    st.integers(0, len(GOOD)),
    st.binary(max_size=4),
)
CONTENTS = st.binary(max_size=60) | st.text(max_size=40).map(str.encode) | TEXTS | DAMAGED


def composes_or_refuses(content: bytes) -> None:
    path = Path("mine/optimizer/mine.yaml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with suppress(ConfigError):
        compose("train", ["optimizer=mine"], Path("mine"))
    assert [str(file) for file in Path.cwd().rglob("*.*")] == [str(path.absolute())]


@budget(SMALL)
@given(CONTENTS)
def test_a_file_is_read_or_refused(content: bytes) -> None:
    composes_or_refuses(content)


@pytest.mark.slow
@budget(LARGE)
@given(CONTENTS)
def test_thousands_of_files_are_read_or_refused(content: bytes) -> None:
    composes_or_refuses(content)
