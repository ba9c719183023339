"""Normalisation by the training split's own constants."""

from __future__ import annotations

import torch

from dlcli.data.normalize import Normalize


def test_each_channel_comes_out_with_mean_0_and_deviation_1():
    images = torch.randint(0, 256, (2500, 3, 4, 5), dtype=torch.uint8)
    normal = Normalize.fit(images, dims=(0, 2, 3))(images)
    assert normal.dtype == torch.float32
    assert torch.allclose(normal.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(normal.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5)


def test_large_features_that_vary_little_keep_their_digits():
    features = 1000 + torch.tensor([[-1.0], [1.0]]).repeat(5000, 1)
    normal = Normalize.fit(features, dims=(0,))(features)
    assert torch.allclose(normal[:2], torch.tensor([[-1.0], [1.0]]), atol=1e-3)


def test_a_constant_feature_becomes_zero_and_not_nan():
    features = torch.full((4, 1), 3.0)
    assert Normalize.fit(features, dims=(0,))(features).tolist() == [[0.0]] * 4


def test_the_inputs_are_not_changed():
    features = torch.tensor([[1.0], [2.0]])
    Normalize.fit(features, dims=(0,))(features)
    assert features.tolist() == [[1.0], [2.0]]
