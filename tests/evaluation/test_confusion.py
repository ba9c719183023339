"""How often classes are taken for each other, and how well each is found."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from dlcli.evaluation.confusion import count, draw_confusion
from dlcli.evaluation.labels import label, shortened
from dlcli.evaluation.per_class import per_class


def test_the_counts_and_the_shares_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    targets, taken = rng.integers(5, size=(2, 100))
    counts = count(taken, targets, 5)
    np.testing.assert_array_equal(counts, confusion_matrix(targets, taken))
    columns = per_class(counts, list("abcde"))
    expected = precision_recall_fscore_support(targets, taken)
    for name, values in zip(("precision", "recall", "f1", "examples"), expected, strict=True):
        assert columns[name] == pytest.approx(values, abs=1e-6)


def test_what_cannot_be_known_of_a_class_is_not_made_up():
    assert per_class(np.array([[3, 1, 0], [0, 0, 0], [0, 0, 0]]), ["cat", "dog", "eel"]) == {
        "class": ["cat", "dog", "eel"],
        "precision": [1.0, 0.0, None],
        "recall": [0.75, None, None],
        "f1": [0.857143, 0.0, None],
        "examples": [4, 0, 0],
    }


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_the_figure_is_of_a_readable_size_and_names_its_pairs(tmp_path, classes):
    counts = np.eye(classes, dtype=int)
    counts[0, 1] = 2
    draw_confusion(counts, [f"$class {n}$" for n in range(classes)], "", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert 400 < image.width < 800
    rows = list(csv.reader((tmp_path / "a.csv").open()))
    assert rows[:3] == [
        ["true", "predicted", "examples"],
        ["$class 0$", "$class 0$", "1"],
        ["$class 0$", "$class 1$", "2"],
    ]


def test_names_are_cut_and_begin_no_formula():
    assert shortened("Ankle boot of leather") == "Ankle boot of…"
    assert label("$5") == r"\$5"
