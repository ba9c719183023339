"""Predicted against true values, what is left, and the worst cases, in the target's own unit."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dlcli.data.spec import DataSpec
from dlcli.evaluation.answers import Answers
from dlcli.evaluation.regression import POINTS, sample, show, values
from tests.evaluation.models import case

SPEC = DataSpec("vector", (1,), "value")
TRUE = torch.tensor([[1.0], [2.0], [3.0]])
PREDICTED = torch.tensor([[1.5], [0.0], [3.25]])


def rows(path) -> list[list[str]]:
    return list(csv.reader(path.open()))


def test_each_figure_has_its_numbers_and_the_worst_cases_come_first(tmp_path):
    given = case(tmp_path, SPEC, SimpleNamespace(target="price $"))
    shown = show(given, Answers(PREDICTED, TRUE))
    assert shown.files == [
        "figures/predicted_test.png",
        "figures/predicted_test.csv",
        "figures/residuals_test.png",
        "figures/residuals_test.csv",
        "figures/worst_test.csv",
    ]
    assert rows(tmp_path / shown.files[1])[1:] == [
        ["0", "1.0", "1.5"],
        ["1", "2.0", "0.0"],
        ["2", "3.0", "3.25"],
    ]
    counts = [int(row[2]) for row in rows(tmp_path / shown.files[3])[1:]]
    assert sum(counts) == 3
    assert rows(tmp_path / shown.files[4]) == [
        ["index", "true", "predicted", "residual"],
        ["1", "2.0", "0.0", "2.0"],
        ["0", "1.0", "1.5", "-0.5"],
        ["2", "3.0", "3.25", "-0.25"],
    ]
    assert shown.listings[0].rows[0] == ["1", "2", "0", "2"]


def test_several_values_have_a_figure_each_and_are_missed_by_their_spreads(tmp_path):
    spec = DataSpec("vector", (1,), "value", values=2, centre=(0, 0), scale=(1, 100))
    true = torch.tensor([[0.0, 0.0], [0.0, 0.0]])
    predicted = torch.tensor([[1.0, 0.0], [0.0, 50.0]])
    shown = show(case(tmp_path, spec, None), Answers(predicted, true))
    assert "figures/predicted_test_2.png" in shown.files
    worst = rows(tmp_path / "figures/worst_test.csv")
    assert worst[0][1:4] == ["true_1", "predicted_1", "residual_1"]
    assert [row[0] for row in worst[1:]] == ["0", "1"]


@pytest.mark.parametrize(
    ("data", "name"), [(SimpleNamespace(target="price"), "price"), (None, "value")]
)
def test_a_value_has_the_name_that_the_data_gives_it(tmp_path, data, name):
    (value,) = values(case(tmp_path, SPEC, data), Answers(PREDICTED, TRUE))
    assert value.name == name


def test_of_many_examples_the_same_are_drawn_by_the_same_seed():
    assert sample(5, 0).tolist() == [0, 1, 2, 3, 4]
    chosen = sample(POINTS * 2, 1)
    assert len(set(chosen.tolist())) == POINTS
    np.testing.assert_array_equal(chosen, sample(POINTS * 2, 1))
    assert (chosen != sample(POINTS * 2, 2)).any()


def test_large_and_nearly_equal_residuals_are_drawn(tmp_path):
    true = torch.full((100, 1), 3e7)
    show(case(tmp_path, SPEC, SimpleNamespace(target="y")), Answers(torch.rand(100, 1), true))
    counts = [int(row[2]) for row in rows(tmp_path / "figures/residuals_test.csv")[1:]]
    assert sum(counts) == 100
