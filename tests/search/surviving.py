"""Sweeps that something happens to at one of their steps, and what the next process makes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.search.lean import run
from tests.search.steps import Plan, lose_unsynced
from tests.search.stub_sweep import Spec
from tests.search.verify_state import Seen, Values, verify_state


def survives(
    ground: Path, spec: Spec, plan: Plan, expected: Values, begun: Path | None = None
) -> int | None:
    """Have a plan happen to a sweep, and another process go on.

    Args:
        ground: a folder for both of them.
        begun: what is there of the sweep; nothing where it is left out.

    Returns:
        The status that the sweep ended with; None where it has no such step.
    """
    root, notes = ground / "sweep", ground / "notes"
    for folder in (root, notes):
        shutil.rmtree(folder, ignore_errors=True)
    notes.mkdir()
    if begun is not None:
        shutil.copytree(begun, root)
    ran = run(root, spec, notes, plan)
    if not (notes / "died").exists():
        return None
    before = Seen.of(root)
    try:
        assert ran.lingered < 10
        if ran.status == 0:  # it went on without the process, or the step, that failed
            verify_state(root, spec, expected, ran)
        else:
            verify_state(root, spec, expected, run(root, spec), before)
    except BaseException as error:
        error.add_note(f"{plan}: before {(notes / 'died').read_text()}")
        raise
    return ran.status


def goes_on(picture: Path, root: Path, spec: Spec, expected: Values, power: bool = False) -> None:
    """Have another process go on with what a dead one left.

    Args:
        picture: of that.
        root: where to do so.
        power: whether what was not synced is lost.
    """
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(picture / "root", root)
    if power:
        lose_unsynced(picture / "journal", root)
    before = Seen.of(root)
    try:
        verify_state(root, spec, expected, run(root, spec), None if power else before)
    except BaseException as error:
        error.add_note(f"step {picture.name}: before {(picture / 'step').read_text()}")
        raise
