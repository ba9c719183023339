"""Where a report goes: a file of the user's choice, and the run that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlcli.errors import ConfigError
from dlcli.report.page import GENERATOR
from dlcli.tracking.folder import RunFolder, replace_file
from dlcli.tracking.names import slug
from dlcli.tracking.run_record import RunRecord

ONE, SEVERAL = "report.html", "comparison.html"  # as they are called among a run's artifacts
LOOK = 2000  # characters in which a page of ours says so


def default_path(names: Sequence[str]) -> Path:
    """``report-NAME.html`` in the working folder; of several runs it names the first."""
    first = slug(names[0]) or "run"
    more = f"-and-{len(names) - 1}-more" if len(names) > 1 else ""
    return Path(f"report-{first}{more}.html")


def check(path: Path) -> None:
    """Refuse (ConfigError) to write where there is no folder, or over a file that is not ours."""
    if path.is_dir():
        raise ConfigError(f"--output {path}: a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"--output {path}: there is no folder {path.parent}; make it first")
    if path.exists() and not _is_ours(path):
        raise ConfigError(
            f"--output {path}: this file is no report of dlcli, so it is not replaced; "
            "name another one with --output"
        )


def write(path: Path, page: str) -> None:
    """Write a page, as a whole.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        replace_file(path, page)
    except OSError as error:
        raise ConfigError(f"--output {path}: cannot be written ({error.strerror})") from error


def attach(record: RunRecord, page: str, several: bool) -> str | None:
    """Put a page among a run's artifacts, in the place of one of before.

    Where the store keeps artifacts elsewhere, the run is marked for the next delivery.

    Returns:
        Why that cannot be done; None where it is done.
    """
    if record.folder is None:
        return f"{record.name}: its folder is not here, so the report is not attached to it"
    run = RunFolder(record.folder.parent.parent, record.id)
    try:
        replace_file(run.artifacts / (SEVERAL if several else ONE), page)
    except OSError as error:
        return f"{record.name}: the report cannot be attached to it ({error.strerror})"
    info = run.read()
    if info is not None and info.upload and info.status != "RUNNING":
        run.mark()
    return None


def _is_ours(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return f'name="generator" content="{GENERATOR}"' in file.read(LOOK)
    except OSError:
        return False
