"""A command that goes on has the options without which it would find or build nothing."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from dlcli.config.repeat import Recorded, again, allowed, masked, of_store, recorded
from dlcli.tracking.command import TAG, words


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_package_that_the_project_does_not_name_is_allowed_again(folder: Path) -> None:
    assert allowed(["own", "other"]) == ["--allow", "own", "--allow", "other"]
    (folder / "pyproject.toml").write_text('[tool.dlcli]\nallow = ["own"]\n')
    assert allowed(["own", "other"]) == ["--allow", "other"]


def test_the_store_is_named_again_without_its_password() -> None:
    given = ["model=mlp", "tracking.experiment=course", "tracking.uri=mysql://me:hunter22@host/x"]
    assert of_store(given) == ["tracking.experiment=course", "tracking.uri=mysql://***@host/x"]


def test_a_run_says_itself_what_it_needs(folder: Path) -> None:
    about = {"overrides": ["model=mlp", "tracking=none"], "allow": ["own"]}
    (folder / "origins.json").write_text(json.dumps(about))
    assert again(folder) == ["tracking=none", "--allow", "own"]
    (folder / "origins.json").write_text("{")
    assert (again(folder), recorded(folder / "gone")) == ([], Recorded())


@pytest.mark.parametrize("name", ["train.yaml", "tracking"])
def test_a_tree_is_named_again_where_it_may_name_the_store(folder: Path, name: str) -> None:
    about = {"overrides": ["tracking=mine"], "allow": [], "config_dir": "tree"}
    (folder / "origins.json").write_text(json.dumps(about))
    (folder / "tree" / "model").mkdir(parents=True)
    assert again(folder) == ["tracking=mine"]
    (folder / "tree" / name).mkdir()
    assert again(folder) == ["tracking=mine", "--config-dir", "tree"]


def test_what_has_a_secret_is_to_be_given_again() -> None:
    given = ["model=mlp", "tracking.uri=mysql://me:hunter22@host/x", "data.token=abc"]
    assert masked(given) == ["tracking.uri=mysql://***@host/x", "data.token=***"]


@pytest.mark.parametrize("typed", [["train", "data.path=my file.csv", "~callbacks.x", ""], []])
def test_the_words_of_a_command_stay_the_same(typed: list[str]) -> None:
    assert words({TAG: shlex.join(typed)}) == typed


@pytest.mark.parametrize("text", ["train ~callbacks.x data.path=it's", "train 'a b"])
def test_an_older_record_is_parted_at_its_blanks(text: str) -> None:
    assert words({TAG: text}) == text.split()
