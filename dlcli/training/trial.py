"""What the process of a trial does; a sweep names these functions, and hands each its payload.

A payload is what JSON can hold. Lightning is imported inside, the quick way, as a process that was
not forked from a warm one has not done so yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcli.training.outcome import Outcome, Reporter, Trial
from dlcli.training.startup import import_lightning


def run(payload: Mapping[str, Any], reporter: Reporter) -> Outcome:
    """Train the run of a trial, or go on in it; the run is left open.

    Args:
        payload: as ``Trial.read`` takes it.
        reporter: told of every epoch; says when to stop.

    Raises:
        DlcliError: whatever ends it.
    """
    import_lightning()
    from dlcli.training.attempt import attempt

    return attempt(Trial.read(payload), reporter)
