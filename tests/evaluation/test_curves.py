"""ROC and precision-recall curves are those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from dlcli.evaluation.answers import Answers
from dlcli.evaluation.curves import (
    POINTS,
    Curve,
    mean,
    one_against_the_rest,
    precision_recall,
    roc,
    shown,
    table,
    thinned,
)


def examples(count: int = 200, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    positive = rng.random(count) < 0.3
    scores = rng.random(count) + 0.5 * positive
    return positive, np.round(scores, 1) if ties else scores


@pytest.mark.parametrize("ties", [False, True])
def test_the_roc_curve_is_scikit_learns(ties):
    positive, scores = examples(ties=ties)
    curve = roc("a", positive, scores)
    false, true, _ = roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.across, false)
    np.testing.assert_allclose(curve.up, true)
    assert curve.area == pytest.approx(roc_auc_score(positive, scores))
    assert curve.share == pytest.approx(positive.mean())


@pytest.mark.parametrize("ties", [False, True])
def test_the_precision_recall_curve_is_scikit_learns_up_to_the_last_one_found(ties):
    positive, scores = examples(ties=ties)
    curve = precision_recall("a", positive, scores)
    precision, recall, _ = precision_recall_curve(positive, scores)
    count = len(curve.across)
    np.testing.assert_allclose(curve.across, recall[::-1][:count])
    np.testing.assert_allclose(curve.up, precision[::-1][:count])
    assert (curve.across == 1).sum() == 1
    assert curve.area == pytest.approx(average_precision_score(positive, scores))


def test_of_two_classes_the_second_is_the_positive_one():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    (curve,) = one_against_the_rest(roc, probabilities, np.array([0, 1, 0]), ["no", "yes"])
    assert (curve.name, curve.area) == ("yes", 1.0)


def test_a_class_without_examples_has_no_curve():
    probabilities = np.full((4, 3), 1 / 3)
    curves = one_against_the_rest(roc, probabilities, np.array([0, 0, 2, 2]), ["a", "b", "c"])
    assert [curve.name for curve in curves] == ["a", "c"]
    assert one_against_the_rest(roc, probabilities, np.zeros(4, int), ["a", "b", "c"]) == []


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    across = np.linspace(0, 1, 10_000)
    x, y = thinned(across, across**2)
    assert len(x) == POINTS
    assert (x[0], x[-1], y[-1]) == (0, 1, 1)


def test_what_is_drawn_of_a_rare_class_is_its_curve():
    positive = np.zeros(100_000, bool)
    positive[:99] = positive[-1] = True
    curve = precision_recall("rare", positive, np.linspace(1, 0, len(positive)))
    assert np.interp([0.5, 0.9], curve.across, curve.up).tolist() == [1.0, 1.0]


def test_of_many_classes_the_worst_and_the_mean_are_drawn():
    line = np.array([0.0, 1.0])
    curves = [Curve(str(area), line, line, area, 0.1) for area in (0.9, 0.5, 0.7, 0.6, 0.8)]
    assert [curve.area for curve in shown(curves)] == [0.5, 0.6, 0.7, 0.8]
    assert mean(curves).area == pytest.approx(0.7)
    columns = table(curves, "x", "y")
    assert list(columns) == ["class", "x", "y"]
    assert list(dict.fromkeys(columns["class"])) == [
        "0.5",
        "0.6",
        "0.7",
        "0.8",
        "mean of all classes",
    ]


def test_log_odds_rank_what_is_surer_than_a_probability_can_say():
    logits = torch.tensor([[0.0, 40.0, 1.0], [0.0, 50.0, 1.0], [3.0, 2.0, 1.0]])
    odds = Answers(logits, torch.zeros(3).long()).log_odds()
    assert odds[1, 1] > odds[0, 1] > odds[2, 1]
    shares = logits[2].double().softmax(0).numpy()
    np.testing.assert_allclose(odds[2], np.log(shares / (1 - shares)))
