"""A run's code is checked out beside the user's folder, and nothing of that stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlcli.training import worktree
from dlcli.training.code import git_state
from dlcli.training.worktree import Unavailable, checked_out

HOLD = """
import sys, time
from dlcli.training.worktree import checked_out
with checked_out(sys.argv[1], "") as copy:
    print(copy.path, flush=True)
    time.sleep(100)
"""


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def state() -> tuple[str, ...]:
    """Everything that a person could find changed in their repository."""
    names = sorted(str(path) for path in Path(".git").rglob("*") if "objects" not in path.parts)
    asked = (("status", "--short"), ("stash", "list"), ("branch", "-a"), ("worktree", "list"))
    return (*(git(*words) for words in asked), *names, git("ls-files", "--stage"))


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of a file, and a change that is not committed."""
    folder, temporary = tmp_path / "work", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    git("init", "--quiet")
    git("config", "user.email", "a@b.c")
    git("config", "user.name", "a")
    for number in (1, 2):
        Path("net.py").write_bytes(f"one\r\nversion = {number}\r\n".encode())
        git("add", "-A")
        git("commit", "--quiet", "-m", str(number))
    Path("net.py").write_text("version = 3\n")
    git("status")
    return folder


@pytest.fixture
def first() -> str:
    return git("rev-parse", "HEAD~1").strip()


def test_the_commit_is_there_and_the_repository_as_it_was(first: str, tmp_path: Path) -> None:
    before = state()
    with checked_out(first, "") as copy:
        assert b"version = 1\r\n" in (copy.path / "net.py").read_bytes()
        assert state() != before
    assert state() == before
    assert not copy.path.exists()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_recorded_changes_are_there_whatever_the_users_settings() -> None:
    git("config", "diff.noprefix", "true")
    git("config", "color.ui", "always")
    Path("net.py").write_bytes(b"one\r\nversion = 2.5\r\n")
    recorded = git_state()
    git("checkout", "--quiet", "net.py")
    with checked_out(recorded["commit"], recorded["diff"]) as copy:
        assert (copy.path / "net.py").read_bytes() == b"one\r\nversion = 2.5\r\n"


def test_changes_of_binary_files_and_of_all_folders_are_there(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("sub").mkdir()
    for name in ("table.bin", "sub/own.py"):
        Path(name).write_bytes(b"\x00one\xff")
    git("add", "-A")
    git("commit", "--quiet", "-m", "3")
    git("config", "diff.relative", "true")
    for name in ("table.bin", "sub/own.py"):
        Path(name).write_bytes(b"\x00two\xff\xfe")
    Path("net.py").write_text("version = 4\n")
    monkeypatch.chdir("sub")
    recorded = git_state()
    monkeypatch.chdir(repository)
    git("checkout", "--quiet", ".")
    with checked_out(recorded["commit"], recorded["diff"]) as copy:
        assert (copy.path / "table.bin").read_bytes() == b"\x00two\xff\xfe"
        assert (copy.path / "sub/own.py").read_bytes() == b"\x00two\xff\xfe"
        assert (copy.path / "net.py").read_text() == "version = 4\n"


def test_a_commit_of_another_repository_is_told() -> None:
    with pytest.raises(Unavailable, match=r"^commit 0{12} is not in this repository$"):
        checked_out("0" * 40, "").__enter__()


def test_a_patch_that_does_not_fit_is_told_and_nothing_stays(first: str) -> None:
    before = state()
    told = f"^the changes recorded beside commit {first[:12]} cannot be applied to it$"
    with pytest.raises(Unavailable, match=told), checked_out(first, "--- a/x\n+++ b/x\nnonsense\n"):
        pass
    assert state() == before


def test_the_users_hooks_are_left_alone(first: str) -> None:
    hook = Path(".git/hooks/post-checkout")
    hook.write_text("#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    with checked_out(first, "") as copy:
        assert not (copy.path / "ran").exists()


def test_an_error_inside_removes_it(first: str) -> None:
    before = state()
    with pytest.raises(KeyboardInterrupt), checked_out(first, ""):
        raise KeyboardInterrupt
    assert state() == before


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(first: str) -> None:
    before = state()
    command = [sys.executable, "-c", HOLD, first]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        worktree.remove_left()
        assert (left / "net.py").exists()
        process.send_signal(signal.SIGKILL)
    assert (left / "net.py").exists()
    wait_until_free(left)
    worktree.remove_left()
    assert not left.parent.exists()
    assert state() == before


def wait_until_free(left: Path) -> None:
    deadline = time.monotonic() + 10
    while worktree._used(left.parent) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_another_worktree_of_the_users_is_left_alone(first: str, tmp_path: Path) -> None:
    git("worktree", "add", "--quiet", "--detach", str(tmp_path / "own"), first)
    shutil.move(tmp_path / "own", tmp_path / "unmounted")
    before = state()
    with checked_out(first, ""):
        pass
    assert state() == before


def test_packages_of_the_repository_are_found(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("src/reproduced_pkg", "ignored/installed_pkg"):
        Path(place).mkdir(parents=True)
        Path(place, "__init__.py").touch()
        monkeypatch.syspath_prepend(str(Path(place).parent.absolute()))
    Path(".gitignore").write_text("ignored\n")
    names = ["reproduced_pkg.nets", "installed_pkg", "absent_pkg", "numpy"]
    found = worktree.packages(repository.resolve(), names)
    assert found == {"reproduced_pkg": Path("src/reproduced_pkg")}
    assert worktree.untracked(repository, list(found.values())) == [
        "src/reproduced_pkg/__init__.py"
    ]
