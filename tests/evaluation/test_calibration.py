"""The expected calibration error is that of torchmetrics, and its bins are those of the paper."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from torchmetrics.classification import MulticlassCalibrationError

from dlcli.evaluation.answers import Answers
from dlcli.evaluation.calibration import BINS, calibration, draw_calibration, expected_error


def answers(classes: int = 4) -> Answers:
    draw = torch.Generator().manual_seed(0)
    return Answers(
        torch.randn(500, classes, generator=draw) * 2,
        torch.randint(classes, (500,), generator=draw),
    )


@pytest.mark.parametrize("classes", [2, 4])
def test_the_error_is_that_of_torchmetrics(classes):
    given = answers(classes)
    metric = MulticlassCalibrationError(classes, n_bins=BINS, norm="l1")
    expected = metric(given.outputs.softmax(1), given.targets).item()
    assert expected_error(given) == pytest.approx(expected, abs=1e-6)


def test_a_model_that_is_as_often_right_as_sure_has_no_error():
    probabilities = np.tile([0.75, 0.25], (4, 1))
    found = calibration(probabilities, np.array([0, 0, 0, 1]))
    assert found.error == 0
    assert found.examples.tolist() == [4 * (index == 11) for index in range(BINS)]
    assert found.accuracy[11] == 0.75


def test_a_bin_holds_its_upper_end():
    found = calibration(np.array([[0.6, 0.4], [1.0, 0.0]]), np.array([0, 0]))
    assert np.flatnonzero(found.examples).tolist() == [8, 14]


def test_answers_that_are_no_numbers_have_no_error():
    assert np.isnan(expected_error(Answers(torch.full((2, 2), torch.nan), torch.zeros(2))))


def test_the_figure_has_its_numbers_beside_it(tmp_path):
    found = calibration(answers().probabilities(), answers().targets.numpy())
    draw_calibration(found, tmp_path / "a.png")
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert [int(row["examples"]) for row in rows] == found.examples.tolist()
    assert rows[0]["low"] == "0.0000"
    assert rows[0]["accuracy"] == ""
    assert (tmp_path / "a.png").stat().st_size > 5000
