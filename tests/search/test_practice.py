"""A study of no use leaves nothing, and refuses what a study would."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from dlcli.errors import ConfigError
from dlcli.search.practice import practise
from tests.search.stub_sweep import SPACE, Spec

NO_PRUNER = {"_target_": "optuna.pruners.NopPruner"}
MEDIAN = {"_target_": "optuna.pruners.MedianPruner"}


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", ["random", "tpe", "qmc"])
def test_it_leaves_nothing(scratch: Path, kind: str) -> None:
    practise(SPACE, Spec(kind=kind).search, NO_PRUNER, 2, ())
    assert list(scratch.iterdir()) == []


def test_what_no_study_could_be_is_refused(scratch: Path) -> None:
    with pytest.raises(ConfigError, match="pruning needs one objective"):
        practise(SPACE, Spec().search, MEDIAN, 2, ())
    assert list(scratch.iterdir()) == []


def test_where_there_is_no_room_for_it_there_is_none(scratch: Path) -> None:
    scratch.rmdir()
    practise(SPACE, Spec().search, NO_PRUNER, 1, ())
