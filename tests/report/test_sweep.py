"""A sweep is told of as far as it came."""

from __future__ import annotations

from dlcli.comparison.detail import Detail
from dlcli.comparison.family import Family
from dlcli.report.content import Part
from dlcli.report.sweep import sweep_part
from dlcli.tracking.run_record import RunRecord

TAGS = {
    "dlcli.kind": "sweep",
    "dlcli.sweep": "s",
    "dlcli.objective": "val/loss",
    "dlcli.mode.val/loss": "min",
    "dlcli.space": "model: cnn, rnn; optimizer.lr: 0.001 to 0.1, by the logarithm",
}


def record(name: str, tags: dict[str, str], **changes: object) -> RunRecord:
    values = {
        "id": name * 32,
        "name": name,
        "status": "FINISHED",
        "reason": "finished",
        "started": 1_790_000_000.0,
        "duration_s": 90.0,
        "metrics": {},
        "params": {},
        "tags": tags,
        "folder": None,
    }
    return RunRecord(**(values | changes))  # type: ignore[arg-type]


def trial(number: int, loss: float | None, **changes: object) -> RunRecord:
    tags = {"dlcli.kind": "trial", "dlcli.trial": str(number), "dlcli.mode.val/loss": "min"}
    metrics = {} if loss is None else {"best/val/loss": loss}
    params = {"model": "cnn", "optimizer.lr": "0.012345678", "optimizer.momentum": "0.9"}
    return record("abcdef"[number], tags, metrics=metrics, params=params, **changes)


TRIALS = [
    trial(0, 0.5),
    trial(1, 0.25),
    trial(2, 0.1, reason="pruned"),
    trial(3, None, status="FAILED", reason="oom"),
]


def told(trials: list[RunRecord], tags: dict[str, str] | None = None, **changes: object) -> Part:
    parent = record("s", TAGS | (tags or {}), **changes)
    return sweep_part(Detail(parent), Family(None, None, trials), ["dlcli show b"])


def test_the_best_complete_trial_is_named_with_its_value():
    assert told(TRIALS).verdict == (
        "Finished: 4 trials (2 complete, 1 failed, 1 pruned). Best is trial 1 with val/loss 0.25 "
        "(lower is better)."
    )


def test_a_sweep_that_runs_or_has_nothing_says_so():
    running = {"status": "RUNNING", "reason": "", "duration_s": None}
    assert told([], **running).verdict == "Still running."
    assert told(TRIALS[3:], status="FAILED", reason="none complete").verdict == (
        "Failed (none complete): 1 trial (1 failed)."
    )


def test_several_objectives_have_no_best_trial():
    part = told(TRIALS, {"dlcli.objective": "val/loss, cost/params"})
    assert part.verdict == "Finished: 4 trials (2 complete, 1 failed, 1 pruned)."
    assert part.trials is not None
    assert part.trials.columns[2:4] == ["val/loss", "cost/params"]


def test_the_trials_stand_in_a_table_the_best_first():
    table = told(TRIALS, {"dlcli.searched": '["model", "optimizer.lr"]'}).trials
    assert table is not None
    assert table.columns == ["trial", "state", "val/loss", "model", "optimizer.lr", "took"]
    assert [row[:2] for row in table.rows] == [
        ["1", "complete"],
        ["0", "complete"],
        ["2", "pruned"],
        ["3", "failed"],
    ]
    assert table.rows[0] == ["1", "complete", "0.25", "cnn", "0.01235", "1 min 30 s"]
    assert table.marked == [0]


def test_what_was_searched_is_told_beside_the_best():
    table = told(TRIALS, {"dlcli.best.params": '{"model": "cnn", "optimizer.lr": 0.01}'}).params
    assert table is not None
    assert table.rows == [
        ["model", "cnn, rnn", "cnn"],
        ["optimizer.lr", "0.001 to 0.1, by the logarithm", "0.01"],
    ]


def test_tags_that_were_too_long_are_left_out():
    cut = "9000 characters, whole in artifact long_tags.json"
    part = told(TRIALS, dict.fromkeys(["dlcli.searched", "dlcli.best.params", "dlcli.space"], cut))
    assert part.params is None


def test_cost_is_that_of_all_trials():
    assert dict(told(TRIALS).cost)["time of all trials"] == "6 min 0 s"
