"""A run's own code in a temporary git worktree, which leaves nothing in the repository."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dlcli.config import modules
from dlcli.training.code import git

PREFIX = "dlcli-reproduce-"
TREE, LOCK = "code", "lock"
# A hook of the user's after a checkout is meant for their own folders.
NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
CHECKOUT_S = 600.0


class Unavailable(Exception):
    """The code of a run cannot be had; the text says why."""


@dataclass(frozen=True)
class Worktree:
    """A checkout beside the user's own.

    Args:
        path: its top folder.
        lock: an open file that is locked; whoever has it keeps the worktree from being removed.
    """

    path: Path
    lock: int


@contextmanager
def checked_out(commit: str, diff: str) -> Iterator[Worktree]:
    """Check out a commit and the changes that were not committed, for as long as it is needed.

    Args:
        commit: of the repository of the working folder.
        diff: a patch for it; empty for none.

    Raises:
        Unavailable: there is no such commit, or the patch does not fit it.
    """
    remove_left()
    if git("cat-file", "-e", f"{commit}^{{commit}}") is None:
        raise Unavailable(f"commit {commit[:12]} is not in this repository")
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    tree = folder / TREE
    try:
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _check_out(tree, commit, diff)
            yield Worktree(tree, lock.fileno())
    finally:
        _remove(folder)


def _check_out(tree: Path, commit: str, diff: str) -> None:
    add = (*NO_HOOKS, "worktree", "add", "--quiet", "--detach", str(tree), commit)
    if git(*add, timeout=CHECKOUT_S) is None:
        raise Unavailable(f"git cannot check out commit {commit[:12]} in {tree}")
    if diff and git("apply", "--whitespace=nowarn", "-", text=diff, folder=tree) is None:
        raise Unavailable(
            f"the changes recorded beside commit {commit[:12]} cannot be applied to it"
        )


def _remove(folder: Path) -> None:
    """Remove a worktree and what git knows of it, and no other that is gone."""
    git("worktree", "remove", "--force", str(folder / TREE), timeout=CHECKOUT_S)
    shutil.rmtree(folder, ignore_errors=True)


def remove_left() -> None:
    """Remove the worktrees of this repository whose processes were killed."""
    for line in (git("worktree", "list", "--porcelain") or "").splitlines():
        path = Path(line.removeprefix("worktree "))
        ours = path.name == TREE and path.parent.name.startswith(PREFIX)
        if line.startswith("worktree ") and ours and not _used(path.parent):
            _remove(path.parent)


def _used(folder: Path) -> bool:
    with suppress(FileNotFoundError), (folder / LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def packages(top: Path, allow: Sequence[str]) -> dict[str, Path]:
    """Where dlcli and the user's own packages lie in a repository, relative to its top.

    Args:
        top: its top folder.
        allow: the user's packages; those that lie elsewhere are left out.
    """
    found = {}
    for name in ("dlcli", *dict.fromkeys(one.partition(".")[0] for one in allow)):
        file = modules.find(name)
        if file is None:
            continue
        place = (file.parent if file.name == "__init__.py" else file).resolve()
        if place.is_relative_to(top) and git("check-ignore", "-q", str(place)) is None:
            found[name] = place.relative_to(top)
    return found


def untracked(top: Path, places: Sequence[Path]) -> list[str]:
    """The files below some places of a repository that git does not keep."""
    listed = git(
        "ls-files", "--others", "--exclude-standard", "-z", "--", *map(str, places), folder=top
    )
    return [name for name in (listed or "").split("\0") if name]
