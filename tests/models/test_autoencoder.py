"""An autoencoder is measured against its input in [0, 1], with noise or beside PCA if so asked."""

from __future__ import annotations

import math
from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from sklearn.decomposition import PCA as Reference
from torch import nn
from torch.nn import functional

from dlcli.data.digits import Digits
from dlcli.data.loader import TensorLoader
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models.autoencoder import Autoencoder
from dlcli.models.pca import PCA
from dlcli.nets.autoencoder import Coder, DenseAutoencoder

ADAM = partial(torch.optim.Adam, lr=0.01)
# From -1 to 3: an input of 1 is 0.5 on the scale of what is given back.
SPEC = DataSpec("vector", (2,), "value", low=-1.0, high=3.0)
SMALL = partial(DenseAutoencoder, widths=[16], latent=4)


class Same(Coder):
    """Gives back half of what it reads."""

    def __init__(self, spec: DataSpec) -> None:
        super().__init__(nn.Identity(), nn.Linear(1, 1), latent=1)

    def forward(self, x):
        return x / 2


def trainer(**options) -> pl.Trainer:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    options = {"max_epochs": 1, "num_sanity_val_steps": 0, **quiet, **options}
    return pl.Trainer(accelerator="cpu", enable_model_summary=False, **options)


def score(module: Autoencoder, inputs: torch.Tensor) -> dict[str, float]:
    loader = TensorLoader(inputs, torch.zeros(len(inputs)), batch_size=2)
    return trainer().test(module, loader, verbose=False)[0]


def test_errors_are_those_in_the_span_of_the_inputs():
    module = Autoencoder(Same, SPEC, ADAM, output="linear")
    # In [0, 1] the inputs are 0.5 and 1, 0 and 0.25, 0.5 and 0.5; given back are 0.5 and 1.5,
    # -0.5 and 0, 0.5 and 0.5: squared errors 0, 0.25, 0.25, 0.0625, 0, 0.
    inputs = torch.tensor([[1.0, 3.0], [-1.0, 0.0], [1.0, 1.0]])
    mse = 0.5625 / 6
    assert score(module, inputs) == pytest.approx(
        {"test/loss": mse, "test/mse": mse, "test/psnr": 10 * math.log10(1 / mse)}
    )


def test_cross_entropy_takes_each_number_for_a_probability():
    module = Autoencoder(Same, SPEC, ADAM, loss="bce")
    inputs = torch.tensor([[1.0, 3.0], [-1.0, 0.0]])
    target = torch.tensor([[0.5, 1.0], [0.0, 0.25]])
    given = torch.sigmoid(inputs / 2)
    found = score(module, inputs)
    assert found["test/loss"] == pytest.approx(functional.binary_cross_entropy(given, target))
    assert found["test/mse"] == pytest.approx((given - target).square().mean())


def test_noise_is_measured_in_the_scale_of_the_target_and_is_always_the_same():
    module = Autoencoder(Same, SPEC, ADAM, output="linear", noise=0.1)
    inputs = torch.zeros(2000, 2)
    first, second = score(module, inputs), score(module, inputs)
    assert first == second
    assert first["test/noisy_psnr"] == pytest.approx(20, abs=0.2)  # 10 log10(1 / 0.1^2)
    train = [module.noised(inputs, "train", 0) for _ in range(2)]
    assert not torch.equal(*train)
    assert train[0].std().item() == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("baseline", ["none", "pca"])
def test_what_is_logged_is_what_metrics_says(noise, baseline):
    module = Autoencoder(partial(SMALL), digits().spec, ADAM, noise=noise, baseline=baseline)
    run = trainer()
    run.fit(module, data := digits())
    logged = set(run.callback_metrics) | set(run.test(module, data, verbose=False)[0])
    assert logged == set(module.metrics())
    assert module.metrics()["val/psnr"] == "max"
    assert module.metrics()["val/loss"] == "min"


def digits() -> Digits:
    data = Digits(batch_size=64, test_fraction=0.7)
    data.setup()
    return data


def test_the_baseline_is_the_pca_of_the_training_split():
    data = digits()
    module = Autoencoder(SMALL, data.spec, ADAM, baseline="pca")
    run = trainer()
    run.fit(module, data)
    found = run.test(module, data, verbose=False)[0]
    splits = {
        name: torch.cat([module.unit(x).flatten(1) for x, _ in data.eval_dataloader(name)])
        for name in ("train", "test")
    }
    reference = Reference(4).fit(splits["train"])
    again = reference.inverse_transform(reference.transform(splits["test"]))
    mse = ((splits["test"].numpy() - again) ** 2).mean()
    assert found["test/pca_mse"] == pytest.approx(mse, rel=1e-4)
    assert found["test/mse_to_pca"] == pytest.approx(found["test/mse"] / mse, rel=1e-4)


def test_the_baseline_is_not_fitted_again_where_a_checkpoint_has_it():
    data = digits()
    module = Autoencoder(SMALL, data.spec, ADAM, baseline="pca")
    other = Autoencoder(SMALL, data.spec, ADAM, baseline="pca")
    module.pca.fit([torch.rand(20, 64)])
    other.load_state_dict(module.state_dict())
    trainer().fit(other, data)
    assert torch.equal(other.pca.axes, module.pca.axes)


PRECISIONS = ("bf16-true", "bf16-mixed", "64-true")


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("options", [{"loss": "bce"}, {"noise": 0.5, "baseline": "pca"}])
def test_it_trains_and_shows_itself_in_any_precision(precision, options):
    module = Autoencoder(SMALL, digits().spec, ADAM, **options)
    run = trainer(precision=precision)
    run.fit(module, data := digits())
    found = run.test(module, data, verbose=False)[0]
    assert all(math.isfinite(value) for value in found.values())
    during = module.pictures()
    with run.precision_plugin.forward_context():
        assert module.pictures().keys() == during.keys() == {"reconstructions", "interpolation"}
        assert module.scatters()["latent"].points.shape[1] == 4


def test_errors_are_not_rounded_in_half_precision():
    module = Autoencoder(Same, SPEC, ADAM, output="linear")
    inputs = torch.tensor([[1.0, 3.0], [-1.0, 0.0], [1.0, 1.5]])
    loader = TensorLoader(inputs, torch.zeros(3), batch_size=3)
    found = trainer(precision="bf16-true").test(module, loader, verbose=False)[0]
    # squared errors 0, 0.25, 0.25, 0.0625, 0, 0.015625; their mean has more than 8 bits
    assert found["test/mse"] == pytest.approx(0.578125 / 6, rel=1e-6)


def test_the_baseline_is_exact_whatever_the_precision():
    axes = []
    for precision in ("32-true", "bf16-true", "bf16-mixed"):
        module = Autoencoder(SMALL, digits().spec, ADAM, baseline="pca")
        trainer(precision=precision, max_steps=1).fit(module, digits())
        axes.append(module.pca.axes)
        read = torch.rand(3, 64)
        expected = (read - module.pca.mean) @ axes[-1] @ axes[-1].T + module.pca.mean
        with trainer(precision=precision).precision_plugin.forward_context():
            assert torch.equal(module.pca(read), expected)
    assert torch.equal(axes[0], axes[1])
    assert torch.equal(axes[0], axes[2])


def test_labels_and_values_are_not_looked_at():
    inputs = torch.rand(6, 2)
    module = Autoencoder(SMALL, SPEC, ADAM)
    losses = [module.step((inputs, targets), "train") for targets in (torch.zeros(6), None)]
    assert torch.equal(*losses)


def test_pictures_show_what_was_read_and_what_became_of_it():
    module = Autoencoder(SMALL, digits().spec, ADAM, noise=0.5)
    assert module.pictures() == {}
    trainer().validate(module, digits(), verbose=False)
    shown = module.pictures()
    assert shown["reconstructions"].rows == ("input", "noisy", "output")
    assert shown["reconstructions"].examples.shape == (3, 10, 1, 8, 8)
    assert shown["interpolation"].examples.shape == (5, 10, 1, 8, 8)
    assert module.scatters()["latent"].points.shape[1] == 4


REFUSALS = [
    ({"noise": -0.1}, "model.noise: -0.1 is negative"),
    ({"loss": "mae"}, "model.loss: 'mae' is not one of mse, bce"),
    (
        {"loss": "bce", "output": "linear"},
        "model.output: linear, but loss=bce takes outputs as probabilities; "
        "use output=sigmoid or loss=mse",
    ),
    (
        {"baseline": "pca"},
        "model.baseline: pca with 4 components rebuilds the 2 numbers of an example without "
        "error; lower model.net.latent or set model.baseline=none",
    ),
    (
        {"net": lambda spec: nn.Linear(2, 2)},
        "model.net: Linear has no encode, decode and latent, so it is no autoencoder",
    ),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(arguments, reason):
    with pytest.raises(ConfigError) as refusal:
        Autoencoder(**{"net": SMALL, "spec": SPEC, "optimizer": ADAM, **arguments})
    assert refusal.value.problems == [reason]


def test_a_baseline_of_too_many_features_is_refused():
    with pytest.raises(ConfigError) as refusal:
        PCA(5000, 32)
    assert str(refusal.value) == (
        "model.baseline: pca of 5000 features is too much, at most 4096; set model.baseline=none"
    )
