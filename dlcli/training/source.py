"""What an evaluation starts from: a checkpoint, and the configuration that it was trained with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlcli.config.compose import Config
from dlcli.config.recorded import from_record, from_values
from dlcli.errors import CheckpointError
from dlcli.training.checkpoint import CheckpointFolder, load


@dataclass(frozen=True)
class Source:
    """What is evaluated.

    Args:
        config: the run's own, with what the caller changed of it.
        checkpoint: the file, as it was written.
        run_id: of the run; None for a checkpoint that lies in no run's folder.
        name: how a person would call it.
    """

    config: Config
    checkpoint: Path
    run_id: str | None
    name: str


def of_run(
    run_id: str, name: str, artifacts: Path, changes: Sequence[str], allow: Sequence[str]
) -> Source:
    """A run's best checkpoint, or its last where none is the best.

    Raises:
        ConfigError: the run's record is damaged, or a change is wrong.
        CheckpointError: there is none, or it is damaged; the last good one is named.
    """
    config = from_record(artifacts, changes, allow)
    folder = CheckpointFolder(artifacts / "checkpoints")
    entries = folder.entries()
    if not entries:
        raise CheckpointError(
            f"{folder.path}: the run stopped before its first checkpoint, or its callbacks keep "
            "none (callbacks=[default,NAME] do), so there is nothing to evaluate; train it again"
        )
    checkpoint = folder.verify("best" if "best" in entries else "last")
    return Source(config, checkpoint, run_id, name)


def of_file(path: Path, changes: Sequence[str], allow: Sequence[str]) -> Source:
    """A checkpoint file, whose configuration it carries itself.

    Raises:
        ConfigError: a change is wrong.
        CheckpointError: there is no such file, it is damaged, or no run of dlcli wrote it.
    """
    path = path.absolute()
    if not path.is_file():  # known before torch is imported
        raise CheckpointError(f"{path}: no such checkpoint")
    values = load(path).get("dlcli", {}).get("config")
    if not values:
        raise CheckpointError(
            f"{path}: holds no configuration, so no run of dlcli wrote it; only its own "
            "checkpoints say what model and data they belong to"
        )
    run_folder = path.parent.parent.parent
    is_of_run = (run_folder / "run.json").is_file()
    run_id = run_folder.name if is_of_run else None
    return Source(from_values(values, changes, allow), path, run_id, path.stem)
