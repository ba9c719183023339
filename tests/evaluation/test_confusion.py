"""How often classes are taken for each other, and how well each is found."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from dlcli.evaluation.confusion import brief, count, draw_confusion, name_axes, write_counts
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


@pytest.mark.parametrize("largest", [99, 2154, 104_469, 1_234_567])
def test_counts_have_room_in_their_fields(largest):
    figure = Figure(figsize=(7, 7), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    counts = np.full((20, 20), largest)
    panel.imshow(np.zeros((20, 20)))
    name_axes(panel, [f"a class of the number {n}" for n in range(20)])
    write_counts(panel, counts, counts / counts.sum(1))
    figure.draw_without_rendering()
    field = panel.get_window_extent().width / 20
    assert max(text.get_window_extent().width for text in panel.texts) < field


def test_large_counts_are_written_in_short():
    counts = [0, 9999, 10_000, 104_469, 999_499, 999_500, 9_940_000, 12_345_678, 5 * 10**9]
    assert [brief(count) for count in counts] == [
        *("0", "9999", "10k", "104k", "999k", "1.0M", "9.9M", "12M", "5.0G")
    ]
