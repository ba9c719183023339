"""What counts as noise: the spread of other seeds, or a tolerance that is told."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from dlcli.tracking.query import RunRecord
from dlcli.training.noise import Score, limits, other_seeds, scores
from dlcli.training.trace import Trace
from dlcli.training.verdict import judge

RUN = RunRecord(
    id="a",
    name="one",
    status="FINISHED",
    reason="",
    started=0.0,
    duration_s=1.0,
    metrics={"test/acc": 0.9},
    params={"seed": "0", "data.seed": "0", "optimizer.lr": "0.1", "tracking.uri": "x"},
    tags={"dlcli.data.fingerprint": "f"},
    folder=None,
)


def run(seed: int, **changes: object) -> RunRecord:
    params = {**RUN.params, "seed": str(seed), "data.seed": str(seed), "tracking.uri": "y"}
    return replace(RUN, id=str(seed), params=params, **changes)  # type: ignore[arg-type]


@pytest.fixture
def original(tmp_path: Path) -> RunRecord:
    """A run whose record says that data.seed follows the seed."""
    (tmp_path / "artifacts").mkdir()
    origins = {"references": {"data.seed": "${seed}"}}
    (tmp_path / "artifacts" / "origins.json").write_text(json.dumps(origins))
    return replace(RUN, folder=tmp_path)


def trace(value: float, epochs: int = 1, complete: bool = True) -> Trace:
    points = [(step, value) for step in range(epochs)]
    epoch = [(step, float(step)) for step in range(epochs)]
    found = {"val/loss": points, "epoch": epoch}
    return Trace(found | ({"test/acc": [(epochs, value)]} if complete else {}), complete=complete)


def test_without_seeds_a_thousandth_of_the_original_is_noise() -> None:
    low, high = limits(-2.0, [])
    assert (low, high) == (pytest.approx(-2.002), pytest.approx(-1.998))


def test_with_three_seeds_their_mean_and_three_deviations_are() -> None:
    low, high = limits(2.0, [1.0, 2.0, 3.0])
    assert (low, high) == (-1.0, 5.0)


def test_seeds_that_all_agree_leave_the_tolerance() -> None:
    assert limits(1.0, [1.0, 1.0, 1.0]) == (0.999, 1.001)


@pytest.mark.parametrize(
    ("value", "word"),
    [(0.5, "REPRODUCED"), (0.5001, "WITHIN NOISE"), (0.6, "DRIFTED"), (math.nan, "DRIFTED")],
)
def test_the_verdict(value: float, word: str) -> None:
    assert judge(trace(0.5), trace(value)).word == word


def test_more_is_noise_where_the_seeds_differ_more() -> None:
    seeds = [{"test/acc": value} for value in (0.4, 0.5, 0.6)]
    verdict = judge(trace(0.5), trace(0.6), seeds)
    assert (verdict.word, verdict.seeds) == ("WITHIN NOISE", 3)
    two = judge(trace(0.5), trace(0.6), seeds[:2])
    assert (two.word, two.seeds) == ("DRIFTED", 0)


def test_of_a_stopped_original_the_last_common_epoch_is_judged() -> None:
    found = scores(trace(0.5, 2, complete=False), trace(0.6, 2), [])
    assert found == [Score("val/loss", 0.5, 0.6, 0.4995, 0.5005)]


def test_other_seeds_are_runs_that_differ_in_nothing_else(original: RunRecord) -> None:
    others = [run(seed) for seed in (1, 2, 3)]
    strangers = [
        run(0),
        run(4, status="FAILED"),
        run(5, tags={**RUN.tags, "dlcli.reproduces": "a"}),
        run(6, tags={"dlcli.data.fingerprint": "g"}),
        replace(run(7), params={**run(7).params, "optimizer.lr": "0.2"}),
        replace(run(1), id="again"),
    ]
    assert other_seeds(original, [*others, *strangers]) == others
