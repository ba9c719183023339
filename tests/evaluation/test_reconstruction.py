"""An autoencoder is shown by its reconstructions, the worst of them, and where its codes lie."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from dlcli.data.digits import Digits
from dlcli.data.picture import Picture
from dlcli.evaluation import reconstruction
from dlcli.evaluation.case import Case, Shown
from dlcli.evaluation.looking import batches, looking
from dlcli.models.autoencoder import Autoencoder
from dlcli.nets.autoencoder import DenseAutoencoder
from dlcli.training.measure import measure

ADAM = partial(torch.optim.Adam, lr=0.01)
FILES = [
    "figures/reconstructions_val.png",
    "figures/worst_val.png",
    "figures/errors_val.png",
    "figures/errors_val.csv",
    "figures/interpolation_val.png",
    "figures/latent_val.png",
    "figures/latent_val.csv",
]


def case(folder: Path, latent: int = 3, **options) -> Case:
    data = Digits(batch_size=64, val_fraction=0.1, test_fraction=0.6)
    data.setup()
    torch.manual_seed(0)
    net = partial(DenseAutoencoder, widths=[16], latent=latent)
    model = Autoencoder(net, data.spec, ADAM, **options)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = pl.Trainer(accelerator="cpu", **quiet)
    return Case(model, data, data.spec, "val", trainer, folder)


def measured(folder: Path, **options) -> tuple[Case, Shown, dict[str, float]]:
    looked = case(folder, **options)
    metrics = measure(looked.trainer, looked.model, looked.data, "val")
    return looked, reconstruction.show(looked), metrics


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Shown, dict[str, float]]:
    """One that reads its inputs with noise."""
    return measured(tmp_path_factory.mktemp("noisy"), noise=0.3)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_everything_is_written_and_the_same_again(noisy, tmp_path):
    one, shown, _ = noisy
    two, again, _ = measured(tmp_path, noise=0.3)
    assert shown.files == again.files == FILES
    for file in FILES:
        assert (one.artifacts / file).read_bytes() == (two.artifacts / file).read_bytes()


def test_the_errors_of_all_examples_have_the_mean_that_is_measured(noisy):
    looked, _, metrics = noisy
    rows = table(looked.artifacts / FILES[3])
    labels = torch.cat([labels for _, labels in looked.data.val_dataloader()]).tolist()
    assert [row["class"] for row in rows] == [str(label) for label in labels]
    assert [row["example"] for row in rows] == [str(place) for place in range(len(labels))]
    mean = sum(float(row["mse"]) for row in rows) / len(rows)
    assert mean == pytest.approx(metrics["val/mse"], rel=1e-5)


def test_the_worst_are_those_with_the_largest_errors_over_all_batches(noisy):
    looked, *_ = noisy
    with looking(looked):
        found = reconstruction.rebuild(looked)
    order = found.errors.argsort(descending=True, stable=True)
    assert torch.equal(found.worst, order[:10])
    assert list(found.rows) == ["input", "noisy", "output"]
    again = (found.rows["input"] - found.rows["output"]).square().flatten(1).mean(1)
    assert torch.allclose(again, found.errors[found.worst])
    inputs = looked.model.unit(torch.cat([inputs for inputs, _ in batches(looked)]))
    assert torch.equal(found.rows["input"], inputs[found.worst])


def test_without_noise_there_is_no_noisy_row(tmp_path):
    looked = case(tmp_path)
    with looking(looked):
        assert list(reconstruction.rebuild(looked).rows) == ["input", "output"]
    assert looked.model.training


def test_codes_are_recorded_by_class_as_they_are_drawn(noisy):
    looked, *_ = noisy
    rows = table(looked.artifacts / FILES[6])
    assert list(rows[0]) == ["principal component 1", "principal component 2", "class"]
    first, second = (
        torch.tensor([float(row[f"principal component {i}"]) for row in rows]) for i in (1, 2)
    )
    assert first.var() > second.var()
    assert (first * second).mean() == pytest.approx(0, abs=1e-4)


def test_a_code_of_one_number_is_not_scattered(tmp_path):
    _, shown, _ = measured(tmp_path, latent=1)
    assert shown.files == FILES[:5]


def test_of_a_module_of_ones_own_its_pictures_are_shown(tmp_path):
    class Own(pl.LightningModule):
        def pictures(self):
            return {"mine": Picture(torch.rand(1, 2, 1, 4, 4))}

    looked = case(tmp_path)
    own = Case(Own(), looked.data, looked.spec, "val", looked.trainer, tmp_path)
    assert reconstruction.show(own).files == ["figures/mine_val.png"]


def test_no_more_is_looked_at_than_was_measured(tmp_path):
    looked = case(tmp_path)
    assert len(list(batches(looked))) == 1  # evaluation takes 256 at once
    few = pl.Trainer(accelerator="cpu", limit_val_batches=0, logger=False)
    assert list(batches(Case(**{**vars(looked), "trainer": few}))) == []
