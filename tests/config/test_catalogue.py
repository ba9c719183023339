"""What can be named is read from names and comments alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dlcli.config.catalogue import groups, options


def test_groups_are_the_folders() -> None:
    assert {"callbacks", "data", "model", "optimizer", "trainer"} <= set(groups())


def test_options_come_with_the_first_line_of_their_comment(write: Callable[..., Path]) -> None:
    write(
        {
            "pyproject.toml": '[tool.dlcli]\nconfig_dir = "mine"\n',
            "mine/optimizer/lion.yaml": "# @package optimizer\n# Lion (Chen et al. 2023).\nlr: 1\n",
            "mine/extra/a/b.yaml": "lr: 1\n",
        }
    )
    assert ("lion", "Lion (Chen et al. 2023).") in options("optimizer")
    assert ("adam", "Adam (Kingma & Ba 2015).") in options("optimizer")
    assert options("extra") == [("a/b", "")]
    assert options("nope") == []
