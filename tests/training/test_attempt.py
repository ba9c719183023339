"""An attempt at a trial goes on from what is intact, and removes nothing that might be."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from dlcli.errors import CheckpointError
from dlcli.training.attempt import starting_point, values
from dlcli.training.checkpoint import CheckpointFolder

STATE = {"state_dict": {"w": torch.zeros(3)}, "global_step": 7}


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    made = CheckpointFolder(tmp_path / "checkpoints")
    made.save("last", STATE, epoch=1, metrics={})
    return made


def test_damaged_checkpoints_are_removed(folder: CheckpointFolder) -> None:
    (folder.path / "manifest.json").write_text("nonsense")
    assert starting_point(folder, wipe=True) is None
    assert not folder.path.exists()


def test_checkpoints_of_a_newer_dlcli_are_left_alone(folder: CheckpointFolder) -> None:
    manifest = folder.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(CheckpointError, match="written by a newer dlcli; update dlcli"):
        starting_point(folder, wipe=True)
    assert len(list(folder.path.iterdir())) == 2


def test_checkpoints_that_cannot_be_read_now_are_left_alone(
    folder: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *rest: object, **more: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(CheckpointError, match=r"cannot be read \(Input/output error\)"):
        starting_point(folder, wipe=True)
    assert len(list(folder.path.iterdir())) == 2


def test_a_trial_has_an_objective_of_its_training(folder: CheckpointFolder) -> None:
    measured = {"val/loss": 0.3, "train/loss": 0.2, "train/acc": 0.9, "lr": 0.1}
    folder.save("best", STATE, epoch=1, metrics=measured)
    session = SimpleNamespace(parts=SimpleNamespace(trainer=SimpleNamespace(callbacks=[])))
    found = values(session, None, folder, ("train/loss",))
    assert found == {"val/loss": 0.3, "train/loss": 0.2}
