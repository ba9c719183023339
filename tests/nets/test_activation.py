"""Activations by hand."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch

from dlcli.nets.activation import Activation, activation

E = math.e
AT_MINUS_ONE_AND_TWO = {
    "relu": (0, 2),
    "leaky_relu": (-0.01, 2),
    "prelu": (-0.25, 2),
    "elu": (1 / E - 1, 2),
    "selu": (1.0507009873554805 * 1.6732632423543772 * (1 / E - 1), 2.101401974710961),
    "gelu": (-(1 - math.erf(1 / math.sqrt(2))) / 2, 1 + math.erf(math.sqrt(2))),
    "silu": (-1 / (1 + E), 2 / (1 + E**-2)),
    "softplus": (math.log(1 + 1 / E), math.log(1 + E**2)),
    "tanh": (-math.tanh(1), math.tanh(2)),
    "sigmoid": (1 / (1 + E), 1 / (1 + E**-2)),
    "identity": (-1, 2),
}


def test_there_is_a_value_for_each() -> None:
    assert set(AT_MINUS_ONE_AND_TWO) == set(get_args(Activation))


@pytest.mark.parametrize("name", AT_MINUS_ONE_AND_TWO)
def test_an_activation_has_the_values_worked_by_hand(name: Activation) -> None:
    found = activation(name)(torch.tensor([-1.0, 2.0])).tolist()
    assert found == pytest.approx(AT_MINUS_ONE_AND_TWO[name], abs=1e-6)
