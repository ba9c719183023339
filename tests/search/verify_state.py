"""Whether a sweep that was killed and resumed lost nothing and counted nothing twice."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcli.search import parent
from dlcli.search.folder import SweepFolder
from dlcli.search.recording import STATUS
from dlcli.search.trial import Result, TrialFolder
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.spool import read
from tests.search.crashing import Ran
from tests.search.stub_sweep import KEPT, NAME, Spec, runs

KEEPSAKE = "artifacts/checkpoints/last.json"
FINAL = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
STOP_S = 10.0  # for what a killed coordinator leaves
WHOLE_S = 60.0

# State, value and parameters by number, as the database holds them: to the last bit.
Values = dict[int, tuple[str, float | None, dict[str, float]]]


@dataclass(frozen=True)
class Seen:
    """What was finished when a sweep was looked at: each result, to the last byte."""

    results: dict[int, bytes]

    @classmethod
    def of(cls, root: Path) -> Seen:
        found = {}
        for path in (root / "sweeps" / NAME / "trials").glob("*/result.json"):
            found[int(path.parent.name)] = path.read_bytes()
        return cls(found)


def verify_state(
    root: Path,
    spec: Spec,
    expected: Values | None = None,
    ran: Ran | None = None,
    before: Seen | None = None,
) -> None:
    """Check a sweep that has run to its end; raises AssertionError with what is wrong.

    - I1 none lost: trials 0 to n-1 are there, each with one final state and one result.
    - I2 none twice: no number twice in the study; each trial has one run, and no other does. A
      folder without a description is no run: nothing lists it.
    - I3 agreement: of study, result file and run: state, value to the last bit, epochs.
    - I4 best checkpoint: the best trials have theirs, and no others do.
    - I5 no half files: no scratch file is left; every file can be read.
    - I6 no orphans, I7 bounded: every process ended within 10 s of the coordinator.
    - I8 honest exit: status 0, and what says that the sweep is finished.
    - I9 monotone: what was finished before is as it was, and was not run again.
    - I10 same answer: the parameters and values of a sweep that nobody killed.
    - I14 database sound: SQLite's own checks find nothing.

    Args:
        expected: of a sweep that was never killed.
        ran: how the last command ended.
        before: what was finished before it.
    """
    folder = SweepFolder(root, NAME)
    told = _told(folder.database)
    _check_numbers(told, spec)
    for number, (state, value) in told.items():
        _check_trial(folder.trial(number), state, value)
    _check_runs(root, folder, told)
    _check_files(root)
    if expected is not None:
        assert answer(root) == expected, "I10: other parameters or values"
    if ran is not None:
        assert ran.status == 0, f"I8: status {ran.status}"
        assert ran.seconds < WHOLE_S, f"I7: it took {ran.seconds} s"
        assert ran.lingered < STOP_S, f"I6: processes lived for {ran.lingered} s more"
    assert folder.final() is not None, "I8: not noted as finished"
    if before is not None:
        _check_kept(root, before)


def answer(root: Path) -> Values:
    """What a sweep found out, by the number of the trial, read as `_told` does."""
    with contextlib.closing(sqlite3.connect(SweepFolder(root, NAME).database)) as database:
        rows = database.execute(
            "SELECT number, state, value, param_name, param_value FROM trials "
            "LEFT JOIN trial_values USING (trial_id) LEFT JOIN trial_params USING (trial_id)"
        ).fetchall()
    found: Values = {}
    for number, state, value, name, param in rows:
        found.setdefault(number, (state, value, {}))[2][name] = param
    return found


def _told(path: Path) -> dict[int, tuple[str, float | None]]:
    """State and value of each trial, read without the code that wrote them."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "I14"
        assert database.execute("PRAGMA foreign_key_check").fetchall() == [], "I14"
        rows = database.execute(
            "SELECT number, state, value FROM trials LEFT JOIN trial_values USING (trial_id)"
        ).fetchall()
    twice = [number for number, count in Counter(row[0] for row in rows).items() if count > 1]
    assert not twice, f"I2: trials {twice} are in the study twice"
    return {number: (state, value) for number, state, value in sorted(rows)}


def _check_numbers(told: dict[int, Any], spec: Spec) -> None:
    assert list(told) == list(range(spec.total)), f"I1: the study holds {list(told)}"
    running = [number for number, (state, _) in told.items() if state not in FINAL]
    assert not running, f"I1: {running} have no end"


def _check_trial(trial: TrialFolder, state: str, value: float | None) -> None:
    result = trial.result()
    assert result is not None, f"I1: trial {trial.number} has no result"
    assert result.state == FINAL[state], f"I3: trial {trial.number}: {state}, {result}"
    if result.state == "complete":
        assert result.values["val/loss"] == value, f"I3: trial {trial.number}: {value}, {result}"


def _check_runs(root: Path, folder: SweepFolder, told: dict[int, Any]) -> None:
    found = runs(root)
    kinds = Counter(info["tags"].get(parent.NUMBER, "parent") for _, info in found)
    assert kinds == Counter([str(number) for number in told] + ["parent"]), f"I2: runs {kinds}"
    above = next(run_id for run_id, info in found if parent.NUMBER not in info["tags"])
    for run_id, info in found:
        if run_id == above:
            assert info["status"] == "FINISHED", f"I3: the parent is {info['status']}"
            continue
        number = int(info["tags"][parent.NUMBER])
        assert info["tags"][parent.PARENT] == above, f"I3: trial {number} has another parent"
        _check_run(RunFolder(root, run_id), info["status"], folder.trial(number), told[number])
    left = list((root / "open").iterdir())
    assert not left, f"I3: runs are open: {left}"
    kept = [run_id for run_id, _ in found if (root / "runs" / run_id / KEEPSAKE).exists()]
    assert len(kept) == min(KEPT, len(told)), f"I4: {len(kept)} trials have checkpoints"


def _check_run(run: RunFolder, status: str, trial: TrialFolder, told: tuple[str, Any]) -> None:
    about = trial.read()
    assert about is not None, f"I5: trial {trial.number} cannot be read"
    assert about["run_id"] == run.id, f"I2: trial {trial.number} has another run"
    assert status == STATUS[FINAL[told[0]]], f"I3: run of trial {trial.number}: {status}"
    lines = [line for line, _ in read(run.spool)]
    steps = [line["step"] for line in lines if "val/loss" in line.get("values", {})]
    reports = [report.step for report in trial.reports()[0]]
    assert sorted(set(steps)) == sorted(set(reports)), f"I3: run of trial {trial.number}: {steps}"


def _check_files(root: Path) -> None:
    nobody = {path for path in root.glob("runs/*") if not (path / "run.json").exists()}
    for path in root.rglob("*"):
        if nobody.intersection(path.parents):
            continue
        scratch = path.name.startswith(".") and path.name.rpartition(".")[2].isdigit()
        assert not scratch, f"I5: {path} is left"
        if path.suffix == ".json" and path.name != "process.json":
            assert _is_whole(path), f"I5: {path} is damaged"
        if path.name == "result.json" or path.name.startswith("attempt-"):
            Result.from_text(path.read_text())
        if path.name == "reports.jsonl":
            _check_lines(path)


def _is_whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text()), dict)
    except ValueError:
        return False


def _check_lines(path: Path) -> None:
    *whole, torn = path.read_bytes().split(b"\n")
    for line in whole:
        json.loads(line)
    assert not torn, f"I5: {path} ends in {torn!r}"


def _check_kept(root: Path, before: Seen) -> None:
    now = Seen.of(root).results
    for number, text in before.results.items():
        assert now.get(number) == text, f"I9: trial {number} was finished and ran again"
