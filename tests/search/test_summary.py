"""The summary says what a program needs to go on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.search import parent
from dlcli.search.summary import status, summarize
from tests.search.sweeps import FakeStudy, frozen, make_folder, point, some, trial


def test_the_best_trial_is_told_with_its_run(tmp_path: Path) -> None:
    about = frozen()
    folder = make_folder(tmp_path, about)
    parent.note(folder, "f" * 32)
    study = FakeStudy([*some(5, ("complete", "pruned", "failed")), trial(5, "running")])
    for one in study.made:
        folder.trial(one.number).create(one.params, run_id=f"{one.number:032x}")
    value = study.made[3].values[0]
    assert value < study.made[0].values[0]
    assert summarize(study, folder, about) == {  # type: ignore[arg-type]
        "study": "digits-lr",
        "parent_run_id": "f" * 32,
        "status": "FINISHED",
        "trials": {"complete": 2, "pruned": 2, "failed": 1, "total": 6},
        "best": {"number": 3, "value": value, "params": point(3), "run_id": f"{3:032x}"},
    }


def test_several_objectives_have_a_front_and_no_best(tmp_path: Path) -> None:
    about = frozen(["val/acc", "cost/parameters"], ["max", "min"])
    folder = make_folder(tmp_path, about)
    study = FakeStudy([trial(0, "complete", 0.5, 10.0), trial(1, "complete", 0.4, 20.0)], [0])
    summary = summarize(study, folder, about)  # type: ignore[arg-type]
    assert summary["best"] is None
    assert summary["pareto"] == [
        {"number": 0, "values": [0.5, 10.0], "params": point(0), "run_id": ""}
    ]


def test_a_sweep_without_trials_has_a_summary(tmp_path: Path) -> None:
    about = frozen()
    summary = summarize(FakeStudy(), make_folder(tmp_path, about), about)  # type: ignore[arg-type]
    assert summary["best"] is None
    assert summary["trials"] == {"complete": 0, "pruned": 0, "failed": 0, "total": 0}


@pytest.mark.parametrize(
    ("complete", "reason", "expected"),
    [
        (1, "finished", "FINISHED"),
        (1, "timeout", "FINISHED"),
        (0, "finished", "FAILED"),
        (1, "failures", "FAILED"),
        (0, "config", "FAILED"),
        (1, "stopped", "KILLED"),
    ],
)
def test_the_status_says_whether_the_sweep_is_of_use(
    complete: int, reason: str, expected: str
) -> None:
    assert status(complete, reason) == expected
