"""Only the best trials keep their checkpoints, whenever the sweep dies."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.search import checkpoints
from dlcli.search.checkpoints import Final, keep_best, losers
from dlcli.search.recording import SweepRecording
from dlcli.search.trial import Result
from dlcli.tracking.client import Recorder
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.run import open_run
from dlcli.tracking.settings import NoTracking
from tests.search.sweeps import frozen, make_folder, point


def final(number: int, *values: float) -> Final:
    return Final(number, "", values or None)


def test_the_best_keep_their_checkpoints() -> None:
    trials = [final(0, 0.3), final(1), final(2, 0.1), final(3, 0.2), final(4, 0.1)]
    assert [one.number for one in losers(trials, 3)] == [0, 1]
    assert [one.number for one in losers(trials, 2)] == [0, 1, 3]
    assert [one.number for one in losers(trials, 0)] == [0, 1, 3, 4]
    assert losers([], 3) == []


def test_of_several_objectives_those_that_none_beats_keep_theirs() -> None:
    trials = [final(0, 1, 4), final(1, 2, 2), final(2, 2, 3), final(3, 1, 4), final(4)]
    assert [one.number for one in losers(trials, 1)] == [2, 4]


@pytest.fixture
def record(tmp_path: Path) -> SweepRecording:
    root = tmp_path / "mlruns"
    about = frozen()
    return SweepRecording.open(Recorder.start(NoTracking(), root), make_folder(root, about), about)


def train(record: SweepRecording, number: int) -> str:
    """A trial that has saved a checkpoint."""
    run_id = record.begin(number, point(number))
    run = open_run(record.root, run_id)
    (run.artifacts / "checkpoints").mkdir()
    (run.artifacts / "checkpoints" / "best.ckpt").touch()
    run.release()
    return run_id


def kept(record: SweepRecording, run_id: str) -> bool:
    return (RunFolder(record.root, run_id).artifacts / "checkpoints" / "best.ckpt").exists()


def test_checkpoints_go_when_a_better_trial_is_final(record: SweepRecording) -> None:
    ids = [train(record, number) for number in range(4)]
    for number, value in enumerate([0.4, 0.2, 0.3]):
        record.end(number, ids[number], Result("complete", "finished", {"val/loss": value}))
        keep_best(record, 2)
    assert [kept(record, one) for one in ids] == [False, True, True, True]  # the last one runs
    removed = record._recorder.find(ids[0])
    assert removed.tags["dlcli.checkpoints"] == "removed"
    assert removed.status == "FINISHED"
    record.end(3, ids[3], Result("failed", "oom", {}))
    keep_best(record, 2)
    assert [kept(record, one) for one in ids] == [False, True, True, False]


def test_a_crash_while_removing_is_finished_the_next_time(
    record: SweepRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = train(record, 0)
    record.end(0, run_id, Result("failed", "error", {}))
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "shutil", None)  # dies between the two steps
        with pytest.raises(AttributeError):
            keep_best(record, 1)
    assert not kept(record, run_id)
    record.end(0, run_id, Result("failed", "error", {}))
    keep_best(record, 1)
    assert list(RunFolder(record.root, run_id).artifacts.iterdir()) == []
    assert record.with_checkpoints == {}


def test_a_trial_that_is_not_final_keeps_its_checkpoints(record: SweepRecording) -> None:
    run_id = train(record, 0)
    record.interrupted(0, run_id)
    keep_best(record, 1)
    assert kept(record, run_id)
