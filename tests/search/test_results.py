"""What a study tells of its trials."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from optuna.trial import TrialState, create_trial

from dlcli.search.results import described


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2025-03-30 01:30", "2025-03-30 03:30", 1.0),
        ("2025-10-26 01:30", "2025-10-26 03:30", 3.0),
        ("2025-10-26 02:30", "2025-10-26 02:10", 0.0),
    ],
)
def test_a_change_of_the_clocks_makes_no_trial_longer_or_shorter(
    berlin: None, start: str, end: str, hours: float
) -> None:
    trial = create_trial(state=TrialState.FAIL)
    trial.datetime_start, trial.datetime_complete = map(datetime.fromisoformat, (start, end))
    assert described(trial, dict).seconds == hours * 3600
