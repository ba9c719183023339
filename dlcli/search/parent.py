"""The parent run of a sweep, and which runs are its children, from the folders of the runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from dlcli.tracking.folder import RunFolder, RunInfo, replace_file

if TYPE_CHECKING:
    from dlcli.search.folder import Frozen, SweepFolder

KIND, NAME, NUMBER = "dlcli.kind", "dlcli.sweep", "dlcli.trial"
PARENT = "mlflow.parentRunId"


def read(folder: SweepFolder) -> str:
    """The id of a sweep's parent run; "" where none is noted."""
    with contextlib.suppress(OSError):
        return (folder.path / "parent").read_text().strip()
    return ""


def note(folder: SweepFolder, run_id: str) -> None:
    """Write down which run is a sweep's parent."""
    replace_file(folder.path / "parent", run_id + "\n")


def find(folder: SweepFolder, frozen: Frozen) -> str:
    """The parent run that was made for a sweep and not noted; "" where there is none."""
    for info in _since(folder, frozen):
        if info.tags.get(KIND) == "sweep" and info.tags.get(NAME) == frozen.name:
            return info.id
    return ""


def children(folder: SweepFolder, frozen: Frozen, parent_id: str) -> dict[int, str]:
    """The run of each trial for which one was made, by its number."""
    found = {}
    for info in _since(folder, frozen):
        if info.tags.get(PARENT) == parent_id and info.tags.get(KIND) == "trial":
            found[int(info.tags[NUMBER])] = info.id
    return found


def _since(folder: SweepFolder, frozen: Frozen) -> Iterator[RunInfo]:
    """The runs of the store that are no older than a sweep."""
    start = datetime.fromisoformat(frozen.created).timestamp() - 2.0  # it has whole seconds
    for path in (folder.root / "runs").glob("*"):
        if path.stat().st_mtime < start:
            continue
        info = RunFolder(folder.root, path.name).read()
        if info is not None and info.created / 1000 >= start:
            yield info
