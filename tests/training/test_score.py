"""What a trial is judged by is the first metric that a store hears of."""

from __future__ import annotations

import pytest

from dlcli.training.score import ScoreFirst

LR = ({"lr": 0.1}, 0)
NAMES = ("val/acc", "cost/flops")


def test_metrics_are_held_back_until_there_is_a_score():
    score = ScoreFirst(NAMES, "val/loss", "min", {})
    first = {"val/loss": 2.0, "val/acc": 0.5}
    assert score.add(*LR) == []
    assert score.add(first, 40) == [({"best/val/acc": 0.5}, 40), LR, (first, 40)]
    assert score.add({"lr": 0.05}, 40) == [({"lr": 0.05}, 40)]


def test_the_score_is_that_of_the_best_checkpoint_so_far():
    score = ScoreFirst(NAMES, "val/loss", "min", {"val/loss": [(40, 2.0)]})
    worse, better = {"val/loss": 3.0, "val/acc": 0.9}, {"val/loss": 1.0, "val/acc": 0.6}
    assert score.add(worse, 80) == [(worse, 80)]
    assert score.add(better, 120) == [({"best/val/acc": 0.6}, 120), (better, 120)]


def test_a_run_that_goes_on_holds_nothing_back():
    score = ScoreFirst(NAMES, "val/loss", "min", {"val/loss": [(40, 2.0)]})
    assert score.add(*LR) == [LR]


@pytest.mark.parametrize(
    ("names", "monitor"), [(["cost/flops"], "val/loss"), (NAMES, "train/loss")]
)
def test_nothing_waits_for_a_score_that_no_validation_gives(names, monitor):
    assert ScoreFirst(names, monitor, "min", {}).add(*LR) == [LR]


def test_what_is_held_back_is_let_go_before_a_checkpoint():
    score = ScoreFirst(NAMES, "val/loss", "max", {})
    diverged = {"val/loss": float("nan"), "val/acc": 0.1}
    assert score.add(*LR) == []
    assert score.add(diverged, 40) == []
    assert score.release() == [LR, (diverged, 40)]
    assert score.add(*LR) == [LR]
