"""Reproduce with the code that the run had: here, or in a worktree by another interpreter."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.cli.forwarded import Forwarded

if TYPE_CHECKING:
    from dlcli.training.original import Original
    from dlcli.training.worktree import Worktree

# Names the worktree to a process that runs the code in it.
CODE = "DLCLI_REPRODUCED_CODE"
MOST_FILES = 5


def run_its_code(
    original: Original, allow: Sequence[str], arguments: Sequence[str]
) -> tuple[int | None, list[str]]:
    """Run a command with the code of a run, where that is not the code at hand.

    Args:
        original: the run.
        allow: the user's packages.
        arguments: of the command.

    Returns:
        The command's exit status; None where it is to be done here. And what there is to say of
        the code that runs here.

    Raises:
        Stopped: a signal came before the command was started.
    """
    from dlcli.training import code, worktree

    top = code.top()
    commit = original.code.get("commit", "")
    places = worktree.packages(top.resolve(), allow) if top else {}
    if top is None or not commit or not places:
        return None, _unknown(original, allow, top)
    notes = _not_recorded(worktree.untracked(top, list(places.values())))
    if original.has_code_at_hand:
        return None, notes
    output.warn(notes)
    with Forwarded() as child:
        try:
            with worktree.checked_out(commit, original.code.get("diff", "")) as copy:
                child.check()
                _say(original, copy, places)
                return child.run(arguments, environment(copy, places), copy.lock), []
        except worktree.Unavailable as reason:
            child.check()
            return None, [f"code: {reason}, so the code at hand is used"]


def _unknown(original: Original, allow: Sequence[str], top: Path | None) -> list[str]:
    """What cannot be known of the code where git does not keep it."""
    if not allow:
        return []
    own = ", ".join(allow)
    if not original.code.get("commit"):
        return [f"code: the run was in no git checkout, so whether {own} has changed is not known"]
    if top is None:
        return [f"code: this folder is in no git checkout, so {own} is used as it is now"]
    return [f"code: {own} lies outside this repository and is used as it is now"]


def _not_recorded(files: Sequence[str]) -> list[str]:
    if not files:
        return []
    more = f" and {len(files) - MOST_FILES} more" if len(files) > MOST_FILES else ""
    return [
        f"code: files that git does not keep are not recorded with a run: "
        f"{', '.join(files[:MOST_FILES])}{more}"
    ]


def _say(original: Original, copy: Worktree, places: Mapping[str, Path]) -> None:
    commit, diff = original.code["commit"], original.code.get("diff")
    changes = " and the changes recorded beside it" if diff else ""
    output.say(f"code: commit {commit[:12]}{changes}, in a temporary worktree")
    left = ", ".join(name for name in places if name not in usable(copy, places))
    if left:
        output.warn([f"code: {left} of that commit cannot be used, so it is used as it is now"])
    if original.secret:
        output.warn(["code: secrets in the recorded changes are *** in the copy"])


def usable(copy: Worktree, places: Mapping[str, Path]) -> dict[str, Path]:
    """The packages that a worktree has; a dlcli without this command is none of them."""
    needed = {"dlcli": Path("cli", "reproduce.py")}
    return {
        name: place
        for name, place in places.items()
        if (copy.path / place / needed.get(name, Path())).exists()
    }


def environment(copy: Worktree, places: Mapping[str, Path]) -> dict[str, str]:
    """The environment in which Python finds the packages of a worktree before all others.

    Args:
        copy: the worktree.
        places: the packages, as paths below its top.
    """
    used = usable(copy, places)
    folders = dict.fromkeys(str(copy.path / place.parent) for place in used.values())
    if "dlcli" in places and "dlcli" not in used:
        folders[str(Path(__file__).parents[2])] = None
    before = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*folders, *before]),
        "PYTHONSAFEPATH": "1",  # else the working folder comes before all
        CODE: str(copy.path),
    }
