"""Initial weights have the variances of their formulas; biases are 0; embeddings are left alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from dlcli.config.compose import compose
from dlcli.config.instantiate import instantiate
from dlcli.errors import ConfigError
from dlcli.nets.init import Default, Glorot, He, LeCun, Orthogonal, Scheme, Uniform, Zero


def named(option: str, *overrides: str) -> Scheme:
    return instantiate(compose("train", [f"init={option}", *overrides]).values["init"], ())


def initialised(scheme: Scheme, layer: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    scheme(layer)
    return layer


# A linear layer of 300 inputs and 200 outputs, a convolution of 3 * 3 * 32 and 3 * 3 * 64.
LINEAR, CONV = (300, 200), (288, 576)
VARIANCES = {
    "normal": lambda inputs, outputs: 0.01**2,
    "uniform": lambda inputs, outputs: 0.2**2 / 12,
    "lecun_normal": lambda inputs, outputs: 1 / inputs,
    "lecun_uniform": lambda inputs, outputs: 1 / inputs,
    "glorot_normal": lambda inputs, outputs: 2 / (inputs + outputs),
    "glorot_uniform": lambda inputs, outputs: 2 / (inputs + outputs),
    "he_normal": lambda inputs, outputs: 2 / inputs,
    "he_uniform": lambda inputs, outputs: 2 / inputs,
}


@pytest.mark.parametrize("option", VARIANCES)
@pytest.mark.parametrize("fans", [LINEAR, CONV])
def test_variances_are_those_of_the_formulas(option: str, fans: tuple[int, int]) -> None:
    layer = nn.Linear(*LINEAR) if fans is LINEAR else nn.Conv2d(32, 64, 3)
    weight = initialised(named(option), layer).weight
    expected = VARIANCES[option](*fans)
    assert weight.var().item() == pytest.approx(expected, rel=0.03)
    assert weight.mean().item() == pytest.approx(0, abs=4 * math.sqrt(expected / weight.numel()))
    assert not layer.bias.any()


@pytest.mark.parametrize(
    ("option", "reference"),
    [
        ("glorot_uniform", nn.init.xavier_uniform_),
        ("glorot_normal", nn.init.xavier_normal_),
        ("he_uniform", lambda weight: nn.init.kaiming_uniform_(weight, nonlinearity="relu")),
        ("he_normal", lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu")),
        ("orthogonal", nn.init.orthogonal_),
    ],
)
def test_weights_are_pytorchs_own(option: str, reference) -> None:
    weight = initialised(named(option), nn.Conv2d(4, 6, 3)).weight
    torch.manual_seed(0)
    assert torch.allclose(weight, reference(torch.empty_like(weight)), atol=1e-6)


def test_rows_are_orthogonal_however_the_weights_are_stored() -> None:
    stored = nn.Conv2d(4, 6, 3).to(memory_format=torch.channels_last)
    rows = initialised(named("orthogonal"), stored).weight.reshape(6, 36)
    assert torch.allclose(rows @ rows.T, torch.eye(6), atol=1e-5)


def test_uniform_weights_stay_within_their_bounds() -> None:
    layer = initialised(Uniform(-10, 10, biases=True), nn.Linear(50, 40))
    assert -10 <= layer.weight.min() < -9.9 < 9.9 < layer.weight.max() <= 10
    assert layer.bias.std() > 4


def test_rows_are_orthogonal() -> None:
    weight = initialised(Orthogonal(2.0), nn.Linear(8, 5)).weight
    assert torch.allclose(weight @ weight.T, 4 * torch.eye(5), atol=1e-5)


def test_zero_is_zero() -> None:
    layer = initialised(Zero(), nn.Linear(8, 5))
    assert not layer.weight.any()


def test_the_default_leaves_everything() -> None:
    layer = nn.Linear(8, 5)
    before = layer.weight.clone()
    assert torch.equal(initialised(Default(), layer).weight, before)


@pytest.mark.parametrize(("layer", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_each_gate_is_a_matrix_of_its_own(layer: type[nn.RNNBase], gates: int) -> None:
    cell = initialised(Orthogonal(), layer(6, 8))
    for matrix in cell.weight_hh_l0.chunk(gates):
        assert torch.allclose(matrix @ matrix.T, torch.eye(8), atol=1e-5)
    wide = initialised(Glorot("normal"), layer(400, 200))
    assert wide.weight_ih_l0.var().item() == pytest.approx(2 / 600, rel=0.03)
    assert not wide.bias_hh_l0.any()


def test_the_projections_of_attention_are_matrices_of_their_own() -> None:
    attention = initialised(LeCun(), nn.MultiheadAttention(64, 2))
    assert attention.in_proj_weight.var().item() == pytest.approx(1 / 64, rel=0.05)
    assert not attention.in_proj_bias.any()


@pytest.mark.parametrize(("inputs", "outputs"), [(64, 4), (4, 64), (32, 32)])
def test_a_transposed_convolution_keeps_the_variance_of_what_it_reads(inputs, outputs) -> None:
    layer = initialised(LeCun(), nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1))
    answer = layer(torch.randn(32, inputs, 20, 20))[:, :, 4:-4, 4:-4]
    assert answer.std().item() == pytest.approx(1, rel=0.15)


def test_embeddings_and_norms_keep_theirs() -> None:
    net = nn.Sequential(nn.Embedding(5, 4), nn.LayerNorm(4), nn.Linear(4, 5, bias=False))
    net[2].weight = net[0].weight
    before = net[0].weight.clone()
    initialised(Zero(), net)
    assert torch.equal(net[0].weight, before)
    assert torch.equal(net[1].weight, torch.ones(4))


def test_a_slope_below_zero_counts() -> None:
    weight = initialised(He("normal", slope=1.0), nn.Linear(300, 200)).weight
    assert weight.var().item() == pytest.approx(1 / 300, rel=0.03)


@pytest.mark.parametrize("scheme", [LeCun, Glorot, He])
def test_another_distribution_is_refused(scheme) -> None:
    with pytest.raises(ConfigError) as refusal:
        scheme("cauchy")
    assert str(refusal.value) == "init.distribution: 'cauchy' is not one of normal, uniform"


def test_empty_bounds_are_refused() -> None:
    with pytest.raises(ConfigError) as refusal:
        Uniform(1.0, 1.0)
    assert str(refusal.value) == "init.low: 1.0 is not below init.high, 1.0"
