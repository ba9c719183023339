"""Generated examples are compared with real ones as the definitions say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from dlcli.data.digits import Digits
from dlcli.data.spec import DataSpec
from dlcli.models.frechet import frechet
from dlcli.models.judge import Judge, covered, sample

VALUES = DataSpec("vector", (3,), "value")


def test_of_two_normal_distributions_the_distance_is_the_closed_form():
    # In one dimension (m1 - m2)^2 + (s1 - s2)^2: here 3^2 + (1 - 2)^2.
    one = torch.tensor([[-1.0], [0.0], [1.0]])
    assert frechet(one, 2 * one + 3).item() == pytest.approx(10)


def test_the_distance_is_that_of_the_formula_with_a_matrix_root():
    one, other = torch.randn(50, 6), torch.randn(70, 6) @ torch.randn(6, 6) + 1
    first, second = np.cov(one.numpy().T), np.cov(other.numpy().T)
    apart = (one.mean(0) - other.mean(0)).square().sum().item()
    spread = np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet(one, other).item() == pytest.approx(apart + spread, rel=1e-4)


def test_a_set_has_no_distance_from_itself_even_without_spread_in_some_direction():
    features = torch.randn(5, 9)  # a covariance of rank 4
    assert frechet(features, features).item() == pytest.approx(0, abs=1e-5)


def test_a_class_is_covered_if_it_is_made_a_quarter_as_often_as_it_is_there():
    labels = torch.tensor([0] * 40 + [1] * 40 + [2] * 20)
    taken = torch.tensor([0] * 86 + [1] * 9 + [2] * 5)  # of 1 it takes 10, of 2 it takes 5
    assert covered(labels, taken, classes=4).item() == 2


def test_what_is_recognised_is_what_was_asked_for():
    judge = Judge(DataSpec("vector", (3,), "class", classes=("a", "b")))
    features, labels = torch.randn(4, 2), torch.tensor([0, 0, 1, 1])
    found = judge.compare((features, labels), features, torch.tensor([0, 1, 1, 1]), labels)
    assert found["recognised"] == 0.75
    assert found["classes_covered"] == 2
    assert set(judge.compare((features, labels), features, labels, None)) == {
        "frechet",
        "classes_covered",
    }


def test_without_classes_the_inputs_themselves_are_compared():
    judge, inputs = Judge(VALUES), torch.randn(5, 3)
    assert judge.trained
    assert torch.equal(judge.look(inputs)[0], inputs)
    wide = Judge(DataSpec("image", (1, 32, 32), "input"))
    assert wide.look(torch.ones(2, 1, 32, 32))[0].shape == (2, 256)


def test_a_sample_is_drawn_from_all_of_the_examples():
    batches = [(torch.arange(100 * i, 100 * i + 100.0), torch.arange(100)) for i in range(50)]
    inputs, labels = sample(batches, 400, seed=0)
    assert len(inputs) == 400
    assert torch.equal(inputs % 100, labels.float())
    assert len(inputs.unique()) == 400
    assert inputs.mean().item() == pytest.approx(2500, rel=0.1)
    assert torch.equal(inputs, sample(batches, 400, seed=0)[0])


def test_a_referee_of_the_digits_is_right_about_most_of_those_it_has_not_seen():
    data = Digits()
    data.setup()
    torch.manual_seed(0)
    state = torch.get_rng_state()
    judge = Judge(data.spec)
    torch.set_rng_state(state)
    judge.train_referee(data.eval_dataloader("train"))
    assert torch.equal(torch.get_rng_state(), state)  # a resumed run need not train it again
    assert not any(parameter.requires_grad for parameter in judge.parameters())
    inputs, labels = next(iter(data.test_dataloader()))
    assert (judge.look(inputs)[1] == labels).float().mean() > 0.96
