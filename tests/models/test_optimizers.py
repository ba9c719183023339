"""The first two steps of every optimizer, by the formulas of its paper."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from dlcli.config.compose import compose
from dlcli.config.instantiate import instantiate

LR = 0.1


def moved(name: str, gradients: tuple[float, ...]) -> float:
    """Where a weight is after steps along given gradients, from 0."""
    config = compose("train", [f"optimizer={name}", f"optimizer.lr={LR}"])
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = instantiate(config.values["optimizer"], ())([weight])
    for gradient in gradients:
        weight.grad = torch.tensor([gradient])
        optimizer.step()
    return weight.item()


def adam(g: float, h: float) -> float:
    m, v = 0.1 * g, 0.001 * g * g
    first = m / 0.1 / math.sqrt(v / 0.001)
    m, v = 0.9 * m + 0.1 * h, 0.999 * v + 0.001 * h * h
    return -LR * (first + m / (1 - 0.9**2) / math.sqrt(v / (1 - 0.999**2)))


def nadam(g: float, h: float) -> float:
    mu = [0.9 * (1 - 0.5 * 0.96 ** (t * 0.004)) for t in (1, 2, 3)]
    m, v = 0.1 * g, 0.001 * g * g
    place = 0.0
    products = [mu[0], mu[0] * mu[1], mu[0] * mu[1] * mu[2]]
    for t, gradient in enumerate((g, h)):
        if t:
            m, v = 0.9 * m + 0.1 * h, 0.999 * v + 0.001 * h * h
        ahead = mu[t + 1] * m / (1 - products[t + 1])
        now = (1 - mu[t]) * gradient / (1 - products[t])
        place -= LR * (ahead + now) / math.sqrt(v / (1 - 0.999 ** (t + 1)))
    return place


def rmsprop(g: float, h: float) -> float:
    v = 0.01 * g * g
    return -LR * (g / math.sqrt(v) + h / math.sqrt(0.99 * v + 0.01 * h * h))


def adadelta(g: float, h: float) -> float:
    eps, v = 1e-6, 0.1 * g * g
    one = math.sqrt(eps) / math.sqrt(v + eps) * g
    moves = 0.1 * one * one
    v = 0.9 * v + 0.1 * h * h
    return -LR * (one + math.sqrt(moves + eps) / math.sqrt(v + eps) * h)


FORMULAS: dict[str, Callable[[float, float], float]] = {
    "sgd": lambda g, h: -LR * (g + h),
    "momentum": lambda g, h: -LR * (g + (0.9 * g + h)),
    "nesterov": lambda g, h: -LR * (g + 0.9 * g + h + 0.9 * (0.9 * g + h)),
    "adagrad": lambda g, h: -LR * (1 + h / math.hypot(g, h)),
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": lambda g, h: adam(g, h) + LR * 0.01 * LR,  # its decay of the first step
    "nadam": nadam,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_two_steps_by_hand(name: str) -> None:
    assert moved(name, (2.0, 0.5)) == pytest.approx(FORMULAS[name](2.0, 0.5), rel=1e-4)
