"""What git says of the code in the working folder: commit and uncommitted changes."""

from __future__ import annotations

import subprocess
from pathlib import Path

# Whatever the user's settings are, a patch that git can apply again.
PATCH = (
    "--binary",
    "--no-relative",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
SECONDS = 10.0


def git_state() -> dict[str, str]:
    """Commit, dirtiness and uncommitted diff of the working folder; empty outside a checkout."""
    commit = git("rev-parse", "HEAD")
    if commit is None:
        return {}
    diff = git("diff", *PATCH, "HEAD") or ""
    return {"commit": commit.strip(), "diff": diff, "dirty": str(bool(diff)).lower()}


def top() -> Path | None:
    """The top folder of the checkout that the working folder is in; None outside one."""
    found = git("rev-parse", "--show-toplevel")
    return Path(found.rstrip("\n")) if found else None


def git(
    *arguments: str, text: str | None = None, folder: Path | None = None, timeout: float = SECONDS
) -> str | None:
    """What a git command prints; None where it fails or there is no git.

    Args:
        arguments: of the command.
        text: for its stdin.
        folder: to run it in, else the working folder.
        timeout: seconds.
    """
    try:
        done = subprocess.run(
            ["git", *arguments],
            capture_output=True,
            input=None if text is None else text.encode(),
            cwd=folder,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # line ends as they are: a patch of a file with others would not apply
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
