"""A row for each example: what is true, what is predicted, and how probable each class is."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import torch

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, StoreError
from dlcli.evaluation.answers import Answers
from dlcli.evaluation.evaluate import write
from dlcli.evaluation.predictions import write_predictions
from tests.evaluation.models import CLASSES, member

READ = {".csv": pd.read_csv, ".parquet": pd.read_parquet}


@pytest.mark.parametrize("ending", READ)
def test_classes_have_their_probabilities(tmp_path, ending):
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    path = tmp_path / f"p{ending}"
    write_predictions(Answers(logits, torch.tensor([2, 0])), CLASSES, path)
    table = READ[ending](path)
    assert list(table.columns) == ["index", "true", "predicted", "p_a", "p_b", "p_c"]
    assert table[["index", "true", "predicted"]].to_numpy().tolist() == [
        [0, "c", "b"],
        [1, "a", "a"],
    ]
    expected = logits.double().softmax(1).numpy()
    assert table[["p_a", "p_b", "p_c"]].to_numpy() == pytest.approx(expected, abs=1e-12)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", READ)
@pytest.mark.parametrize(("count", "names"), [(1, ["true", "predicted"]), (2, None)])
def test_values_are_in_their_own_unit(tmp_path, ending, count, names):
    spec = DataSpec("vector", (1,), "value", values=count)
    outputs, targets = torch.rand(3, count), torch.rand(3, count)
    write_predictions(Answers(outputs, targets), spec, tmp_path / f"p{ending}")
    table = READ[ending](tmp_path / f"p{ending}")
    names = names or ["true_1", "predicted_1", "true_2", "predicted_2"]
    assert list(table.columns) == ["index", *names]
    assert table[names[0]].to_numpy() == pytest.approx(targets[:, 0].numpy())
    assert table[names[1]].to_numpy() == pytest.approx(outputs[:, 0].numpy())


def test_a_disk_that_takes_nothing_leaves_nothing(tmp_path):
    path = tmp_path / "gone" / "p.csv"
    with pytest.raises(StoreError, match=f"--predictions {path}: cannot be written"):
        write_predictions(Answers(torch.rand(1, 3), torch.tensor([0])), CLASSES, path)


def test_a_model_that_predicts_something_else_is_refused(tmp_path):
    one = replace(member(), answers=None)
    with pytest.raises(ConfigError) as refused:
        write(one, tmp_path / "p.csv")
    assert str(refused.value).endswith(
        "predict_step of Supervised must return (outputs, targets) of its batch, outputs of shape "
        "(B, 3) with a logit for each class"
    )
    assert list(tmp_path.iterdir()) == []
