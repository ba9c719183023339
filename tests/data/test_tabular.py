"""Scikit-learn's tables are its own, read without its import."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from dlcli.data import tabular
from dlcli.data.tabular import BreastCancer, Diabetes, Wine
from dlcli.errors import DataError

TABLES = [
    (BreastCancer, load_breast_cancer(), ("malignant", "benign")),
    (Wine, load_wine(), ("class_0", "class_1", "class_2")),
    (Diabetes, load_diabetes(scaled=False), ()),
]


@pytest.mark.parametrize(("table", "own", "classes"), TABLES)
@pytest.mark.parametrize("bundled", [True, False])
def test_a_table_is_scikit_learns_own(table, own, classes, bundled, monkeypatch):
    if not bundled:
        monkeypatch.setattr(tabular, "bundled_file", lambda name: None)
    source = table().read()
    examples = source.sets["train"]
    assert torch.equal(examples.inputs, torch.tensor(own.data, dtype=torch.float32))
    assert examples.targets.flatten().tolist() == own.target.tolist()
    assert source.spec.classes == classes == tuple(own.get("target_names", ()))


def test_values_are_learnt_in_the_spread_of_the_training_split():
    data = Diabetes()
    data.setup()
    targets = data.eval_dataloader("train").targets
    assert targets.shape == (310, 1)
    assert data.spec.centre == pytest.approx((float(targets.mean()),))
    assert data.spec.scale == pytest.approx((float(targets.std(correction=0)),))


def test_a_damaged_file_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "wine_data.csv"
    path.write_text("header\n1,2\nx,3\n")
    monkeypatch.setattr(tabular, "bundled_file", lambda name: path)
    with pytest.raises(DataError, match=r"^scikit-learn's wine cannot be read \(.*\); install"):
        Wine().read()
