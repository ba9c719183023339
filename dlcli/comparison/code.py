"""Whether two runs were made by the same code, and what is different where they were not."""

from __future__ import annotations

import difflib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlcli.comparison.detail import Detail

SHORT = 12  # characters of a commit that tell it from all others
PATIENCE_S = 20.0  # for git, on a large repository
_HASHES = re.compile(r"index [0-9a-f]+\.\.[0-9a-f]+")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class CodeDifference:
    """How the code of two runs differs.

    Args:
        same: None where that cannot be told.
        summary: in a line.
        changes: of the files between two commits, as ``git diff --stat`` gives them; what one had
            not committed; or a unified diff between what the two had not.
    """

    same: bool | None
    summary: str
    changes: Sequence[str] = ()


def code_difference(a: Detail, b: Detail, repository: Path) -> CodeDifference:
    """How the code of ``b`` differs from that of ``a``.

    Args:
        a: one run.
        b: another.
        repository: a folder in the repository that the commits may be in.
    """
    if a.commit is None or b.commit is None:
        lacking = "either run" if a.commit is b.commit else _lacking(a, b)
        return CodeDifference(None, f"not known: no commit is recorded of {lacking}")
    if a.commit != b.commit:
        summary = f"other commits: {_state(a)}; {_state(b)}"
        return CodeDifference(False, summary, _stat(a.commit, b.commit, repository))
    commit = f"commit {a.commit[:SHORT]}"
    if a.dirty is False and b.dirty is False:
        return CodeDifference(True, f"the same: {commit}, all committed")
    if a.diff is None or b.diff is None:
        lacking = "either run" if a.diff is b.diff else _without_diff(a, b)
        return CodeDifference(
            None, f"the same {commit}; what {lacking} had not committed is not recorded here"
        )
    if a.diff == b.diff:
        return CodeDifference(True, f"the same: {commit}, and the same changes not committed")
    if not a.diff or not b.diff:
        dirty = a if a.diff else b
        more = f"{dirty.record.name} had changes that were not committed"
        return CodeDifference(False, f"the same {commit}, but {more}", _lines(dirty))
    return CodeDifference(
        False, f"the same {commit}, but other changes that were not committed", _unified(a, b)
    )


def _lacking(a: Detail, b: Detail) -> str:
    return (a if a.commit is None else b).record.name


def _without_diff(a: Detail, b: Detail) -> str:
    return (a if a.diff is None else b).record.name


def _state(detail: Detail) -> str:
    """The commit, and whether there was more than that."""
    assert detail.commit is not None
    more = " and changes not committed" if detail.dirty else ""
    return f"{detail.record.name} {detail.commit[:SHORT]}{more}"


def _unified(a: Detail, b: Detail) -> list[str]:
    """What the one had not committed against what the other had not."""
    names = f"{a.record.name}/git.diff", f"{b.record.name}/git.diff"
    changes = difflib.unified_diff(_lines(a), _lines(b), names[0], names[1], lineterm="")
    return list(changes)


def _lines(detail: Detail) -> list[str]:
    """What was not committed, without git's hashes of the files."""
    lines = (detail.diff or "").splitlines()
    return [line for line in lines if not _HASHES.match(line)]


def _stat(a: str, b: str, repository: Path) -> list[str]:
    """Which files differ between two commits; nothing where they are not at hand."""
    if not (_COMMIT.fullmatch(a) and _COMMIT.fullmatch(b)):
        return []
    try:
        done = subprocess.run(
            ["git", "diff", "--no-ext-diff", "--no-color", "--stat=100", a, b, "--"],
            cwd=repository,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
