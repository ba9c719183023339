"""A recorded run that is to be reproduced, as its own folder describes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcli.config.redact import MASK, redact_text
from dlcli.errors import ConfigError
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.history import read_history
from dlcli.tracking.query import RunRecord, from_folder
from dlcli.training.code import git_state


@dataclass(frozen=True)
class Original:
    """What a run recorded beside its configuration.

    Args:
        record: of the run.
        artifacts: the run's.
        code: ``commit`` and ``diff``; empty where it ran outside a checkout.
        environment: what its environment.json says; empty where that is gone.
        trainer: the node of its configuration.
        epochs: after so many epochs there is nothing left to compare; None where it ended by
            itself.
    """

    record: RunRecord
    artifacts: Path
    code: dict[str, str]
    environment: dict[str, Any]
    trainer: dict[str, Any]
    epochs: int | None

    @property
    def fingerprint(self) -> str:
        """That of the data; empty where none was recorded."""
        return self.record.tags.get("dlcli.data.fingerprint", "")

    @property
    def seed(self) -> int:
        """Of the training; 0 where none was recorded."""
        text = self.record.params.get("seed", "")
        return int(text) if text.isdecimal() else 0

    @property
    def secret(self) -> bool:
        """Whether something of the uncommitted changes was not recorded."""
        return MASK in self.code.get("diff", "")

    @property
    def has_code_at_hand(self) -> bool:
        """Whether the working folder is as it was, as far as git knows it."""
        now = git_state()
        same = now.get("commit", "") == self.code.get("commit", "")
        return same and redact_text(now.get("diff", "")) == self.code.get("diff", "")


def read_original(root: Path, run_id: str) -> Original:
    """A run from its folder.

    Args:
        root: the folder of the store.
        run_id: of the run.

    Raises:
        ConfigError: it was stopped before its first epoch ended, so nothing can be compared.
    """
    folder = RunFolder(root, run_id)
    record = from_folder(folder)
    if record is None:
        raise ConfigError(f"RUN {run_id}: its folder {folder.path} is missing or damaged")
    ended = record.status == "FINISHED" and record.reason != "pruned"
    epochs = None if ended else logged_epochs(folder.path)
    if epochs == 0:
        raise ConfigError(
            f"RUN {record.name}: it was stopped before its first epoch ended, so there is nothing "
            f"to compare; train it: dlcli train --config {folder.artifacts / 'config.yaml'}"
        )
    return Original(
        record=record,
        artifacts=folder.artifacts,
        code=_code(record, folder.artifacts),
        environment=_environment(folder),
        trainer=_trainer(folder),
        epochs=epochs,
    )


def logged_epochs(folder: Path) -> int:
    """How many epochs a run has logged."""
    return int(max((epoch for _, epoch in read_history(folder).get("epoch", [])), default=-1)) + 1


def _code(record: RunRecord, artifacts: Path) -> dict[str, str]:
    commit = record.tags.get("mlflow.source.git.commit", "")
    diff = artifacts / "git.diff"
    text = diff.read_bytes().decode(errors="replace") if diff.is_file() else ""
    return {"commit": commit, "diff": text} if commit else {}


def _environment(folder: RunFolder) -> dict[str, Any]:
    try:
        found = json.loads((folder.artifacts / "environment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _trainer(folder: RunFolder) -> dict[str, Any]:
    import yaml

    try:
        values = yaml.safe_load((folder.artifacts / "config.yaml").read_text(encoding="utf-8"))
        return dict(values["trainer"])
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
        return {}  # whoever needs the configuration says what is wrong with it
