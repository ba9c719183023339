"""What a disk says that takes nothing more, and what is left of what was being written."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from dlcli.errors import StoreError
from dlcli.tracking.disk import refusal, removed, unwritable
from dlcli.tracking.folder import RunFolder, RunInfo, replace_file
from dlcli.tracking.run import Run


def full(path: str | None = None) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (full("/x/run.json"), "/x/run.json: No space left on device; make room there"),
        (full(), "nothing more can be written: No space left on device; make room there"),
        (OSError(errno.EROFS, "Read-only", "/x"), "/x: Read-only; see to the disk"),
        (sqlite3.OperationalError("database or disk is full"), "database or disk is full; make"),
        (sqlite3.OperationalError("disk I/O error"), "disk I/O error; see to the disk"),
    ],
)
def test_what_a_disk_says_is_a_refusal_with_what_to_do(error: Exception, said: str) -> None:
    refused = refusal(error)
    assert isinstance(refused, StoreError)
    assert str(refused).startswith(said)


@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_what_a_library_makes_of_it_is_seen_through(link: str) -> None:
    error = RuntimeError("unexpected pos 704 vs 598")
    setattr(error, link, full("/x"))
    refused = refusal(error)
    assert refused is not None
    assert str(refused).startswith("/x: No space left on device")


@pytest.mark.parametrize(
    "error",
    [FileNotFoundError(errno.ENOENT, "No such file"), sqlite3.OperationalError("locked")],
)
def test_another_error_is_none_of_the_disk(error: Exception) -> None:
    assert refusal(error) is None


def test_a_folder_that_was_removed_is_told_from_a_file_that_is_missing(tmp_path: Path) -> None:
    gone = FileNotFoundError(errno.ENOENT, "No such file", str(tmp_path / "runs" / "a" / "lock"))
    assert str(removed(gone, tmp_path)).startswith(f"{tmp_path / 'runs' / 'a'}: was removed or")
    assert removed(gone, tmp_path / "elsewhere") is None
    (tmp_path / "runs" / "a").mkdir(parents=True)
    assert removed(gone, tmp_path) is None
    assert removed(ValueError("x"), tmp_path) is None


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do() -> None:
    assert "make room there" in str(unwritable(Path("/runs"), full()))
    denied = PermissionError(errno.EACCES, "Permission denied", "/runs/open")
    assert str(unwritable(Path("/runs"), denied)).startswith("/runs/open: Permission denied; runs")


def test_a_file_that_cannot_be_replaced_is_as_it_was_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise full()

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=r"run\.json"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_that_cannot_be_begun_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path, "a")
    folder.create(RunInfo("a", "a"), folder.lock)
    folder.lock.release()

    def fail(*_: object) -> None:
        raise full()

    monkeypatch.setattr(RunFolder, "set_delivered", fail)
    with pytest.raises(OSError, match="No space"):
        Run(folder, lambda run, timeout: False)
    assert not folder.lock.held
