"""What a run recorded tells how it is trained again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from dlcli.config.compose import Config
from dlcli.errors import ConfigError
from dlcli.tracking.folder import RunFolder, RunInfo
from dlcli.training.checkpoint import CheckpointFolder
from dlcli.training.original import read_original
from dlcli.training.reproduce import lengthened, use_threads_of

CONFIG = {"trainer": {"max_epochs": 2, "accelerator": "cpu"}}


def record(root: Path, epochs: int, resumed: bool = False, **info: Any) -> RunFolder:
    """A run's folder with so many epochs logged."""
    folder = RunFolder(root, "a" * 32)
    folder.artifacts.mkdir(parents=True)
    tags = {"dlcli.resumed_from": "last"} if resumed else {}
    folder.write(RunInfo(folder.id, "one", tags=tags, **info))
    lines = [
        {"kind": "metric", "step": number, "values": {"val/loss": 0.5, "epoch": float(number)}}
        for number in range(epochs)
    ]
    folder.spool.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder.artifacts / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    (folder.artifacts / "environment.json").write_text('{"threads": 1}')
    return folder


@pytest.mark.parametrize(
    ("status", "reason", "epochs"),
    [
        ("FINISHED", "finished", None),
        ("FINISHED", "pruned", 3),
        ("KILLED", "stopped by SIGINT", 3),
        ("FAILED", "diverged", 3),
        ("RUNNING", "", 3),
    ],
)
def test_only_a_run_that_ended_by_itself_is_trained_to_its_end(
    status: str, reason: str, epochs: int | None, tmp_path: Path
) -> None:
    folder = record(tmp_path, 3, status=status, reason=reason)
    assert read_original(tmp_path, folder.id).epochs == epochs


def test_a_run_without_an_epoch_has_nothing_to_compare(tmp_path: Path) -> None:
    folder = record(tmp_path, 0, status="KILLED")
    with pytest.raises(ConfigError) as refused:
        read_original(tmp_path, folder.id)
    assert str(refused.value) == (
        "RUN one: it was stopped before its first epoch ended, so there is nothing to compare; "
        f"train it: dlcli train --config {folder.artifacts / 'config.yaml'}"
    )


def test_a_run_that_was_made_longer_is_trained_as_long(tmp_path: Path) -> None:
    folder = record(tmp_path, 4, resumed=True, status="FINISHED")
    longer = {"trainer": {**CONFIG["trainer"], "max_epochs": 4}}
    state = {"state_dict": {}, "global_step": 4, "dlcli": {"config": longer}}
    CheckpointFolder(folder.artifacts / "checkpoints").save("last", state, 4, {})
    config = Config(CONFIG, {}, (), {}, ())
    assert lengthened(read_original(tmp_path, folder.id), config) == ["trainer.max_epochs=4"]


def test_it_computes_with_as_many_threads(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        use_threads_of(read_original(tmp_path, record(tmp_path, 1, status="FINISHED").id))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
