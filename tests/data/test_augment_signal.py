"""Augmentation moves, stretches and blurs signals, by the generator alone."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.augment_signal import AugmentSignal, noisy, scaled, shifted
from dlcli.data.seed import generator
from dlcli.errors import ConfigError

BATCH = torch.arange(1.0, 31.0).reshape(3, 2, 5)


def test_a_shift_is_one_of_all_places_with_edges_moved_in():
    signal = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    results = shifted(signal.expand(200, 2, 4), 2, generator(0))
    found = {tuple(result.flatten().tolist()) for result in results}
    assert found == {
        (3, 4, 4, 4, 7, 8, 8, 8),
        (2, 3, 4, 4, 6, 7, 8, 8),
        (1, 2, 3, 4, 5, 6, 7, 8),
        (1, 1, 2, 3, 5, 5, 6, 7),
        (1, 1, 1, 2, 5, 5, 5, 6),
    }


def test_a_scale_is_one_factor_a_signal():
    signals = torch.rand(2000, 2, 5) + 1
    factors = scaled(signals, 0.1, generator(0)) / signals
    assert torch.allclose(factors, factors[:, :1, :1].expand_as(factors))
    assert float(factors[:, 0, 0].mean()) == pytest.approx(1, abs=0.01)
    assert float(factors[:, 0, 0].std()) == pytest.approx(0.1, abs=0.01)


def test_noise_is_a_share_of_each_channels_own_deviation():
    signals = torch.randn(1, 3, 10000) * torch.tensor([[1.0], [100.0], [0.0]])
    noise = noisy(signals, 0.2, generator(0)) - signals
    assert noise.std(2)[0].tolist() == pytest.approx([0.2, 20, 0], rel=0.05)


def test_the_same_generator_gives_the_same_and_the_batch_given_stays():
    augment = AugmentSignal(shift=2, scale=0.1, noise=0.1)
    before = BATCH.clone()
    first, second = augment(BATCH, generator(1)), augment(BATCH, generator(1))
    assert torch.equal(first, second)
    assert not torch.equal(first, augment(BATCH, generator(2)))
    assert torch.equal(BATCH, before)
    assert (first.shape, first.dtype) == (BATCH.shape, BATCH.dtype)


def test_by_default_signals_stay():
    assert AugmentSignal()(BATCH, generator(0)) is BATCH


def test_all_negative_amounts_are_refused_at_once():
    with pytest.raises(ConfigError) as caught:
        AugmentSignal(shift=-1, scale=-0.5, noise=-0.1)
    assert caught.value.problems == [
        "data.augment.shift: -1 is negative; 0 is none",
        "data.augment.scale: -0.5 is negative; 0 is none",
        "data.augment.noise: -0.1 is negative; 0 is none",
    ]
