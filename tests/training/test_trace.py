"""Two trainings are compared number by number, and where they part is told."""

from __future__ import annotations

import math

from dlcli.tracking.history import Series
from dlcli.training.fingerprint import Fingerprint
from dlcli.training.trace import Difference, Trace, differences

STEPS = 10  # an epoch


def history(losses: list[float], score: float | None = None, **more: float) -> Series:
    """What a run logs: a loss after each epoch, and a score at the end."""
    ends = [STEPS * (number + 1) - 1 for number in range(len(losses))]
    found: Series = {
        "val/loss": list(zip(ends, losses, strict=True)),
        "epoch": [(step, float(number)) for number, step in enumerate(ends)],
        "lr": [(STEPS * number, 0.1) for number in range(len(losses))],
    }
    if score is not None:
        found["test/acc"] = [(STEPS * len(losses), score)]
    return found | {name: [(STEPS * len(losses), value)] for name, value in more.items()}


def weights(*hashes: str) -> dict[int, Fingerprint]:
    return {epoch: Fingerprint(epoch * STEPS, text) for epoch, text in enumerate(hashes)}


def test_equal_trainings_differ_in_nothing() -> None:
    one = Trace(history([0.5, math.nan], 0.9, **{"cost/duration_s": 3.0}), weights("a", "b", "c"))
    two = Trace(history([0.5, math.nan], 0.9, **{"cost/duration_s": 4.0}), weights("a", "b", "c"))
    assert differences(one, two) == []


def test_the_first_difference_is_that_of_the_earliest_epoch() -> None:
    found = differences(
        Trace(history([0.5, 0.4, 0.3], 0.9)), Trace(history([0.5, 0.41, 0.31], 0.8))
    )
    assert found == [
        Difference(2, 19, "val/loss", 0.4, 0.41),
        Difference(3, 29, "val/loss", 0.3, 0.31),
        Difference(None, 30, "test/acc", 0.9, 0.8),
    ]


def test_weights_part_before_a_metric_shows_it() -> None:
    one = Trace(history([0.5, 0.4]), weights("a", "b", "c"))
    two = Trace(history([0.5, 0.3]), weights("a", "x", "y"))
    assert [(d.epoch, d.what) for d in differences(one, two)] == [
        (1, "weights"),
        (2, "val/loss"),
        (2, "weights"),
    ]


def test_other_initial_weights_come_first() -> None:
    first = differences(Trace(history([0.5]), weights("a")), Trace(history([0.4]), weights("b")))[0]
    assert first == Difference(0, 0, "weights", "a", "b")


def test_a_fingerprint_that_one_has_not_taken_is_no_difference() -> None:
    one, two = weights("a", "b"), weights("a")
    assert differences(Trace(history([0.5]), one), Trace(history([0.5]), two)) == []


def test_another_number_of_epochs_is_a_difference() -> None:
    first = differences(Trace(history([0.5, 0.4])), Trace(history([0.5])))[0]
    assert first == Difference(2, 19, "val/loss", 0.4, None)


def test_of_a_stopped_original_only_its_epochs_are_compared() -> None:
    stopped = Trace(history([0.5, 0.4]), weights("a", "b"), complete=False)
    longer = Trace(history([0.5, 0.4, 0.3], 0.9), weights("a", "b", "c", "d"))
    assert differences(stopped, longer) == []
    other = Trace(history([0.5, 0.41, 0.3], 0.9))
    assert [d.epoch for d in differences(stopped, other)] == [2]


def test_of_an_epoch_that_was_stopped_what_it_had_measured_is_compared() -> None:
    whole = history([0.5, 0.4])
    whole["val/loss"].insert(1, (14, 0.45))
    whole["epoch"].insert(1, (14, 1.0))
    whole["train/loss"] = [(9, 0.6), (19, 0.5)]
    part = {name: [one for one in points if one[0] < 19] for name, points in whole.items()}
    stopped = Trace(part, weights("a", "b"), complete=False)
    assert differences(stopped, Trace(whole, weights("a", "b", "c"))) == []
    whole["val/loss"][1] = (14, 0.44)
    assert [d.step for d in differences(stopped, Trace(whole))] == [14]


def test_the_best_checkpoints_weights_are_compared() -> None:
    one = Trace(history([0.5]), best=Fingerprint(10, "a"))
    two = Trace(history([0.5]), best=Fingerprint(10, "b"))
    what = "weights of the best checkpoint"
    assert differences(one, two) == [Difference(None, 10, what, "a", "b")]


def test_scores_of_before_a_run_was_made_longer_do_not_count() -> None:
    resumed = history([0.5, 0.4], 0.9)
    resumed["test/acc"].insert(0, (STEPS, 0.7))
    assert differences(Trace(resumed), Trace(history([0.5, 0.4], 0.9))) == []


def test_a_rate_told_again_when_an_epoch_was_gone_on_with_is_no_difference() -> None:
    resumed = history([0.5, 0.4])
    resumed["lr"].append((15, 0.1))
    assert differences(Trace(resumed), Trace(history([0.5, 0.4]))) == []
    other = history([0.5, 0.4])
    other["lr"][1] = (10, 0.2)
    assert [d.what for d in differences(Trace(resumed), Trace(other))] == ["lr"]
