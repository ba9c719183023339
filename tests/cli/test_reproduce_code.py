"""Where Python finds the code of a run that is checked out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import dlcli
from dlcli.cli import reproduce_code
from dlcli.cli.reproduce_code import environment, usable
from dlcli.training.worktree import Worktree

PLACES = {"dlcli": Path("dlcli"), "my_pkg": Path("src/my_pkg"), "new_pkg": Path("new_pkg")}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worktree:
    monkeypatch.setenv("PYTHONPATH", "before")
    (tmp_path / "src/my_pkg").mkdir(parents=True)
    (tmp_path / "dlcli/cli").mkdir(parents=True)
    return Worktree(tmp_path, lock=0)


def paths(copy: Worktree) -> list[str]:
    return environment(copy, PLACES)["PYTHONPATH"].split(os.pathsep)


def test_the_worktrees_packages_come_first_and_the_working_folder_not_by_itself(copy: Worktree):
    (copy.path / "dlcli/cli/reproduce.py").touch()
    assert usable(copy, PLACES).keys() == {"dlcli", "my_pkg"}
    assert paths(copy) == [str(copy.path), str(copy.path / "src"), "before"]
    found = environment(copy, PLACES)
    assert (found["PYTHONSAFEPATH"], found[reproduce_code.CODE]) == ("1", str(copy.path))


def test_a_dlcli_without_the_command_is_not_used(copy: Worktree):
    assert usable(copy, PLACES).keys() == {"my_pkg"}
    own = str(Path(dlcli.__file__).parents[1])
    assert paths(copy) == [str(copy.path / "src"), own, "before"]
