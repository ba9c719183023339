"""Inputs are prepared by the training split's own constants."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.normalize import bounds, fit_normalizer, restore_normalizer

IMAGES = torch.randint(0, 256, (2500, 3, 4, 5), dtype=torch.uint8)
DIMS = (0, 2, 3)


def test_each_channel_comes_out_with_mean_0_and_deviation_1():
    normal = fit_normalizer("zscore", IMAGES, DIMS)(IMAGES)
    assert normal.dtype == torch.float32
    assert torch.allclose(normal.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(normal.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5)


def test_minmax_brings_each_channel_to_0_and_1():
    normal = fit_normalizer("minmax", IMAGES, DIMS)(IMAGES)
    assert normal.amin(DIMS).tolist() == [0.0] * 3
    assert torch.allclose(normal.amax(DIMS), torch.ones(3))


def test_none_only_makes_floats_of_them():
    assert torch.equal(fit_normalizer("none", IMAGES, DIMS)(IMAGES), IMAGES.float())


def test_zca_decorrelates_and_stays_near_the_raw_inputs():
    mixing = torch.tensor([[2.0, 1.0], [1.0, 1.0]])
    features = torch.randn(4000, 2) @ mixing
    white = fit_normalizer("zca", features, (0,))(features)
    covariance = white.T @ white / len(white)
    assert torch.allclose(covariance, torch.eye(2), atol=0.05)
    # the symmetric root: each feature still goes with its own raw one
    correlations = torch.corrcoef(torch.cat([features, white], 1).T)
    assert correlations[0, 2] > 0.6
    assert correlations[1, 3] > 0.6


def test_large_features_that_vary_little_keep_their_digits():
    features = 1000 + torch.tensor([[-1.0], [1.0]]).repeat(5000, 1)
    normal = fit_normalizer("zscore", features, (0,))(features)
    assert torch.allclose(normal[:2], torch.tensor([[-1.0], [1.0]]), atol=1e-3)


@pytest.mark.parametrize("rule", ["minmax", "zscore"])
def test_a_constant_feature_becomes_zero_and_not_nan(rule):
    features = torch.full((4, 1), 3.0)
    assert fit_normalizer(rule, features, (0,))(features).tolist() == [[0.0]] * 4


@pytest.mark.parametrize("rule", ["minmax", "zscore"])
def test_what_a_float_rounds_away_is_no_spread(rule):
    normal = fit_normalizer(rule, torch.full((1000, 1, 30), 0.1), (0, 2))
    assert normal(torch.tensor([[[1.1]]])).item() == pytest.approx(1, abs=1e-5)


def test_the_inputs_are_not_changed():
    features = torch.tensor([[1.0], [2.0]])
    fit_normalizer("zscore", features, (0,))(features)
    assert features.tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize("rule", ["none", "minmax", "zscore", "zca"])
def test_a_rule_is_restored_from_its_state_to_the_bit(rule):
    fitted = fit_normalizer(rule, IMAGES, DIMS)
    assert torch.equal(restore_normalizer(rule, fitted.state())(IMAGES[:9]), fitted(IMAGES[:9]))


@pytest.mark.parametrize("rule", ["none", "minmax", "zscore", "zca"])
def test_the_bounds_are_those_of_all_prepared_inputs(rule):
    fitted = fit_normalizer(rule, IMAGES, DIMS)
    prepared = fitted(IMAGES)
    low, high = bounds(fitted, IMAGES, DIMS)
    assert low == pytest.approx(prepared.min().item(), abs=1e-5)
    assert high == pytest.approx(prepared.max().item(), abs=1e-5)
