"""A generator is shown by its samples, beside real examples, the same in every evaluation."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from dlcli.data.digits import Digits
from dlcli.data.picture import Picture
from dlcli.evaluation import generation
from dlcli.evaluation.case import Case
from dlcli.evaluation.looking import batches
from dlcli.models import judge
from dlcli.models.gan import GAN
from dlcli.nets.gan import DenseGAN
from dlcli.training.measure import measure

ADAM = partial(torch.optim.Adam, lr=0.001, betas=(0.5, 0.999))
FILES = [
    "figures/real_and_generated_test.png",
    "figures/samples_test.png",
    "figures/interpolation_test.png",
]


def case(folder: Path, conditional: bool = True, seed: int = 0) -> Case:
    data = Digits(test_fraction=0.2)
    data.setup()
    torch.manual_seed(0)
    net = partial(DenseGAN, widths=[16], latent=4, conditional=conditional)
    model = GAN(net, data.spec, ADAM, samples=50)
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False)
    return Case(model, data, data.spec, "test", trainer, folder, seed)


def test_everything_is_drawn_and_the_same_again(tmp_path):
    one, two = case(tmp_path / "one"), case(tmp_path / "two")
    for looked in (one, two):
        assert generation.show(looked).files == FILES
    for file in FILES:
        assert (one.artifacts / file).read_bytes() == (two.artifacts / file).read_bytes()


def test_what_the_judge_says_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "STEPS", 20)
    looked = case(tmp_path)
    metrics = measure(looked.trainer, looked.model, looked.data, "test")
    assert {"test/recognised", "test/classes_covered", "test/frechet"} <= set(metrics)


@pytest.fixture
def real(tmp_path) -> tuple[torch.Tensor, torch.Tensor]:
    """The examples of the split in [0, 1], and their classes."""
    looked = case(tmp_path)
    inputs, labels = zip(*batches(looked), strict=True)
    return generation.unit(torch.cat(inputs), looked), torch.cat(labels)


def test_a_row_of_real_examples_has_the_class_that_is_beside_it(tmp_path, real):
    looked = case(tmp_path)
    samples = Picture(torch.zeros(10, 10, 1, 8, 8), looked.spec.classes)
    beside = generation.compared(samples, batches(looked), looked)
    assert list(beside) == ["real (test)", "generated"]
    shown = beside["real (test)"]
    assert shown.rows == looked.spec.classes
    assert beside["generated"].examples.shape == shown.examples.shape == (10, 5, 1, 8, 8)
    for row, examples in enumerate(shown.examples):
        assert all((real[0][real[1] == row] == one).flatten(1).all(1).any() for one in examples)


def test_without_classes_real_examples_are_picked_by_the_seed(tmp_path, real):
    samples = Picture(torch.zeros(10, 10, 1, 8, 8))
    found = []
    for seed in (0, 0, 1):
        looked = case(tmp_path, conditional=False, seed=seed)
        found.append(generation.compared(samples, batches(looked), looked)["real (test)"])
    assert torch.equal(found[0].examples, found[1].examples)
    assert not torch.equal(found[0].examples, found[2].examples)
    picked = found[0].examples.flatten(0, 1)
    assert len(picked.flatten(1).unique(dim=0)) == 50
    assert all((real[0] == one).flatten(1).all(1).any() for one in picked)


def test_where_examples_are_too_few_the_rest_is_black(tmp_path):
    looked = case(tmp_path)
    found = generation.picked(torch.full((2, 1, 8, 8), 1.0), 5, looked)
    assert generation.unit(found, looked).flatten(1).mean(1)[2:].tolist() == [0, 0, 0]
    assert (found[:2] == 1).all()


def test_samples_of_another_shape_are_beside_nothing_real(tmp_path):
    class Own(pl.LightningModule):
        def pictures(self):
            return {"samples": Picture(torch.rand(1, 2, 1, 4, 4), ("mine",))}

    looked = case(tmp_path)
    own = Case(Own(), looked.data, looked.spec, "test", looked.trainer, tmp_path)
    assert generation.show(own).files == ["figures/samples_test.png"]
    rows = Picture(torch.zeros(1, 2, 1, 8, 8), ("mine",))
    beside = generation.compared(rows, batches(looked), looked)
    assert [picture.rows for picture in beside.values()] == [(), ("mine",)]


def test_a_model_that_shows_nothing_is_not_shown(tmp_path):
    looked = case(tmp_path)
    own = Case(pl.LightningModule(), looked.data, looked.spec, "test", looked.trainer, tmp_path)
    assert generation.show(own).files == []
