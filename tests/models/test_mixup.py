"""Mixtures are those of Zhang et al. 2018, in training alone, and repeatable."""

from __future__ import annotations

from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch.nn import functional

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models.mixup import Mixup
from dlcli.models.supervised import Supervised
from dlcli.nets.mlp import Linear

SPEC = DataSpec("vector", (3,), "class", classes=("a", "b", "c"))
TOKENS = DataSpec("tokens", (3,), "class", classes=("a", "b"), vocabulary=("x", "y"))
SGD = partial(torch.optim.SGD, lr=0.1)


def drawn(count: int, alpha: float = 0.4) -> tuple[float, torch.Tensor]:
    """The share and the order that a batch gets from the generator as it is."""
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    return share, torch.randperm(count)


def test_a_mixture_lies_between_two_examples() -> None:
    inputs, target = torch.randn(5, 3), torch.arange(5)
    torch.manual_seed(3)
    share, order = drawn(5)
    torch.manual_seed(3)
    mixed, other, own = Mixup(0.4, SPEC)(inputs, target)
    assert own == share
    assert torch.equal(other, order)
    assert torch.allclose(mixed, share * inputs + (1 - share) * inputs[order])


def test_the_loss_is_that_of_soft_labels() -> None:
    module = Supervised(Linear, SPEC, SGD, mixup=0.4)
    inputs, target = torch.randn(6, 3), torch.arange(6) % 3
    torch.manual_seed(3)
    share, order = drawn(6)
    torch.manual_seed(3)
    loss = module.step((inputs, target), "train")
    soft = functional.one_hot(target, 3) * share
    soft = soft + functional.one_hot(target[order], 3) * (1 - share)
    output = module.net(share * inputs + (1 - share) * inputs[order])
    assert loss.item() == pytest.approx(functional.cross_entropy(output, soft).item())
    assert module.means["train"].compute()[0].item() == pytest.approx(loss.item())


@pytest.mark.parametrize("precision", ["bf16-true", "bf16-mixed"])
def test_shares_are_the_same_in_half_precision(precision: str) -> None:
    inputs, target = torch.randn(5, 3), torch.arange(5)
    torch.manual_seed(3)
    share, _ = drawn(5)
    torch.manual_seed(3)
    plugin = pl.Trainer(precision=precision, accelerator="cpu", logger=False).precision_plugin
    with plugin.forward_context():
        mixed, _, own = Mixup(0.4, SPEC)(plugin.convert_input(inputs), target)
    assert own == share
    assert mixed.dtype == plugin.convert_input(inputs).dtype


def test_nothing_is_mixed_in_an_evaluation() -> None:
    module = Supervised(Linear, SPEC, SGD, mixup=0.4)
    inputs, target = torch.randn(6, 3), torch.arange(6) % 3
    plain = functional.cross_entropy(module.net(inputs), target)
    assert module.step((inputs, target), "val").item() == pytest.approx(plain.item())


def test_zero_mixes_nothing() -> None:
    module = Supervised(Linear, SPEC, SGD)
    state = torch.get_rng_state()
    module.step((torch.randn(6, 3, generator=torch.Generator()), torch.arange(6) % 3), "train")
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("alpha", "spec", "message"),
    [
        (-0.1, SPEC, "model.mixup: -0.1 is negative"),
        (
            0.2,
            TOKENS,
            "model.mixup: 0.2, but tokens are names, and there is nothing between two",
        ),
    ],
)
def test_what_cannot_be_mixed_is_refused(alpha: float, spec: DataSpec, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Mixup(alpha, spec)
    assert str(refusal.value) == message
