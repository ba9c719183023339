"""What the process of a trial does; a sweep names these functions, and hands each its payload.

A payload is what JSON can hold. Lightning is imported inside, the quick way, as a process that was
not forked from a warm one has not done so yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcli.training.outcome import Outcome, Reporter, Trial, read_config, use_threads
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


def check(payload: Mapping[str, Any], reporter: Reporter) -> Outcome:
    """Find out which configurations cannot be trained, without training any.

    Args:
        payload: ``configs``, each as ``read_config`` takes it; ``objective`` with ``metric`` and
            ``mode``, lists of one length.
        reporter: not used.

    Returns:
        In the details ``problems``, a list for each configuration; ``modes``, ``min`` or ``max``
        for each metric; ``code`` and ``versions``, as a run records them.

    Raises:
        ConfigError, DataError: the same is wrong with all configurations.
    """
    import_lightning()
    from dlcli.training.code import git_state
    from dlcli.training.corners import checked
    from dlcli.training.record import versions

    details = checked(list(map(read_config, payload["configs"])), payload["objective"])
    return Outcome(details={**details, "code": git_state(), "versions": versions()})


def test(payload: Mapping[str, Any], reporter: Reporter) -> Outcome:
    """Measure a run's best checkpoint on the test split; nothing is recorded.

    Args:
        payload: as ``Trial.read`` takes it.
        reporter: not used.

    Returns:
        In the values ``test/*``; where there is no test, the ``reason`` in the details.

    Raises:
        DlcliError: it cannot be measured.
    """
    import_lightning()
    from dlcli.training.best import measure_best

    trial = Trial.read(payload)
    use_threads(trial.threads)
    metrics, reason = measure_best(trial)
    return Outcome(values=metrics, details={"reason": reason} if reason else {})
