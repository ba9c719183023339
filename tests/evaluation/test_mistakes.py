"""The mistakes that a classifier was surest of, as pictures, lines, texts or numbers."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from PIL import Image

from dlcli.data.loader import TensorLoader
from dlcli.data.spec import DataSpec
from dlcli.evaluation.inputs import raw_inputs, text_of
from dlcli.evaluation.mistakes import mistakes, show
from tests.evaluation.models import case

PROBABILITIES = np.array([[0.9, 0.1], [0.3, 0.7], [0.4, 0.6], [0.45, 0.55]])
TARGETS = np.array([0, 0, 0, 1])


class Holding:
    """A data module of four examples, prepared by halving."""

    def __init__(self, inputs: torch.Tensor, batched: bool = False) -> None:
        self.inputs = inputs
        self.batched = batched

    def eval_dataloader(self, split: str):
        if self.batched:
            return [(self.inputs[:3], None), (self.inputs[3:], None)]
        return TensorLoader(self.inputs, torch.zeros(4), 2, prepare=lambda x: x.float() / 2)


def test_the_surest_mistakes_come_first():
    found = mistakes(PROBABILITIES, TARGETS)
    assert found.index.tolist() == [1, 2]
    assert found.true.tolist() == [0, 0]
    assert found.predicted.tolist() == [1, 1]
    assert found.confidence.tolist() == [0.7, 0.6]


@pytest.mark.parametrize("batched", [False, True])
def test_pixels_are_shown_in_their_own_range(tmp_path, batched):
    spec = DataSpec("image", (1, 1, 2), "class", classes=("a", "b"))
    inputs = torch.tensor([[0, 4], [16, 8], [2, 2], [4, 4]], dtype=torch.uint8).view(4, 1, 1, 2)
    shown = raw_inputs(case(tmp_path, spec, Holding(inputs, batched)), [1, 0])
    assert shown.flatten(1).tolist() == [[1, 0.5], [0, 0.25]]


@pytest.mark.parametrize(("kind", "shape"), [("image", (3, 6, 6)), ("signal", (2, 30))])
def test_images_and_signals_are_drawn(tmp_path, kind, shape):
    spec = DataSpec(kind, shape, "class", classes=("cat", "dog"))
    data = Holding(torch.rand(4, *shape))
    shown = show(case(tmp_path, spec, data), mistakes(PROBABILITIES, TARGETS))
    assert shown.files == ["figures/mistakes_test.png", "figures/mistakes_test.csv"]
    assert shown.listings == []
    with Image.open(tmp_path / shown.files[0]) as image:
        assert 500 < image.width < 650
    rows = list(csv.reader((tmp_path / shown.files[1]).open()))
    assert rows == [
        ["index", "true", "predicted", "confidence"],
        ["1", "cat", "dog", "0.700000"],
        ["2", "cat", "dog", "0.600000"],
    ]


def test_texts_are_listed_as_the_model_reads_them(tmp_path):
    words = ("<pad>", "<unk>", "so", "good")
    spec = DataSpec("tokens", (3,), "class", ("bad", "fine"), words, padding=0)
    data = Holding(torch.tensor([[2, 2, 2], [3, 2, 0], [2, 1, 3], [1, 1, 1]]))
    shown = show(case(tmp_path, spec, data), mistakes(PROBABILITIES, TARGETS))
    assert shown.files == ["figures/mistakes_test.csv"]
    (listing,) = shown.listings
    assert listing.columns == ["index", "true", "predicted", "confidence", "text"]
    assert listing.rows == [
        ["1", "bad", "fine", "0.700000", "good so"],
        ["2", "bad", "fine", "0.600000", "so <unk> good"],
    ]


def test_characters_have_nothing_between_them():
    spec = DataSpec("tokens", (3,), "class", (), ("<pad>", "a", "b"), padding=0)
    assert text_of(torch.tensor([2, 1, 0]), spec) == "ba"


def test_vectors_are_listed_and_their_features_written(tmp_path):
    spec = DataSpec("vector", (2,), "class", classes=("a", "b"))
    shown = show(
        case(tmp_path, spec, Holding(torch.arange(8.0).view(4, 2))),
        mistakes(PROBABILITIES, TARGETS),
    )
    rows = list(csv.DictReader((tmp_path / shown.files[0]).open()))
    assert [(row["x1"], row["x2"]) for row in rows] == [("2.0", "3.0"), ("4.0", "5.0")]
    assert shown.listings[0].columns == ["index", "true", "predicted", "confidence"]


def test_without_a_mistake_there_is_nothing(tmp_path):
    spec = DataSpec("vector", (2,), "class", classes=("a", "b"))
    found = mistakes(PROBABILITIES, PROBABILITIES.argmax(1))
    assert show(case(tmp_path, spec, None), found).files == []
