"""What becomes of an attempt does not depend on how quick its process was."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.search.attempt import judged
from dlcli.search.trial import Result, TrialFolder


@pytest.mark.parametrize(
    ("reason", "state"),
    [("pruned", "pruned"), ("finished", "pruned"), ("diverged", "pruned"), ("killed", "pruned"),
     ("error", "failed"), ("oom", "failed")],
)  # fmt: skip
def test_a_trial_that_the_pruner_has_ended_is_pruned_however_far_it_came(
    tmp_path: Path, reason: str, state: str
) -> None:
    trial = TrialFolder(tmp_path / "00000")
    trial.create({})
    trial.ask_to_stop()
    ended = "complete" if reason == "finished" else "pruned" if reason == "pruned" else "failed"
    assert judged(Result(ended, reason, {}), trial, ["val/loss"]).state == state  # type: ignore[arg-type]
