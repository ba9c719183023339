"""Every bad override is refused, with all of its problems, the place and the way out.

``refusals.txt`` holds each command line and, below it, exactly what is said; ``{groups}`` and
``{options GROUP}`` stand for what there is to choose from.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.config.composing import Composing
from dlcli.config.folders import search_path
from dlcli.errors import ConfigError
from tests.choices import named

TABLE = Path(__file__).with_name("refusals.txt").read_text(encoding="utf-8")
CASES = [case.split("\n", 1) for case in TABLE.removeprefix("$ ").rstrip("\n").split("\n\n$ ")]


@pytest.mark.parametrize(("command", "message"), CASES, ids=[command for command, _ in CASES])
def test_a_bad_override_is_refused(
    command: str, message: str, refused: Callable[..., list[str]]
) -> None:
    overrides = shlex.split(command.removeprefix("dlcli train "))
    assert "\n".join(refused(*overrides)) == named(message)


def test_no_refusal_advises_to_add_a_plus() -> None:
    assert "use +" not in TABLE
    assert "append" not in TABLE


def test_an_unknown_root_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        Composing.of("trian", search_path(None), ()).run([])
    assert error.value.problems == ["conf: defaults: there is no trian.yaml"]
