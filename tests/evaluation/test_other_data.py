"""Another data set is looked at as the run's own was, or refused with the difference."""

from __future__ import annotations

from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest

from dlcli.config.compose import compose
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, DataError
from dlcli.evaluation.data_option import split_options, with_data
from dlcli.evaluation.other_data import check_other, fitted_for, seen_before

DIGITS = DataSpec("image", (1, 8, 8), "class", classes=tuple("0123456789"))


@pytest.mark.parametrize(
    ("options", "option", "values"),
    [
        (["csv", "path=a.csv"], "csv", ["data.path=a.csv"]),
        (["data=csv", "data.path=a.csv"], "csv", ["data.path=a.csv"]),
        (["path=a.csv"], "", ["data.path=a.csv"]),
        ([], "", []),
    ],
)
def test_an_option_is_told_from_its_values(options, option, values):
    assert split_options(options) == (option, values)


def test_two_data_sets_are_refused():
    with pytest.raises(ConfigError) as refusal:
        split_options(["mnist", "emnist"])
    assert str(refusal.value) == "--data: mnist and emnist; name one data set"


def test_the_rest_of_the_configuration_stays():
    run = compose("train", ["model=linear", "optimizer.lr=0.5"])
    other = with_data(run, "wine", ["data.seed=3"], None)
    assert other.values["data"]["_target_"] == "dlcli.data.tabular.Wine"
    assert other.values["data"]["seed"] == 3
    assert other.values["optimizer"] == run.values["optimizer"]
    assert other.choices == {**run.choices, "data": "wine"}
    assert other.overrides[-2:] == ("data=wine", "data.seed=3")


def test_what_differs_is_told():
    check_other("x", asdict(DIGITS), DIGITS)
    clothes = replace(DIGITS, shape=(1, 28, 28), classes=("shirt", "coat"))
    with pytest.raises(DataError) as refusal:
        check_other("clothes", asdict(DIGITS), clothes)
    assert str(refusal.value) == (
        "--data clothes: not what the model was trained on: shape 1x28x28, not 1x8x8; "
        "classes (shirt, coat), not (0, 1, 2, 3, 4, … 10 in all)"
    )


def test_images_of_another_set_are_prepared_as_the_runs_own():
    run = compose("train", ["data=digits"])
    other = with_data(run, "xor", [], None)
    facts = {"config": run.values, "fitted": {"normalize": {"shift": 1}, "bounds": [0, 1]}}
    assert fitted_for(run, facts) == facts["fitted"]
    fitted = fitted_for(other, facts)
    assert (fitted["normalize"], fitted["bounds"]) == ({"shift": 1}, [0, 1])
    assert set(fitted["sets"]) == {"train", "val", "test"}


def test_the_runs_own_data_shared_out_otherwise_is_told():
    shares = {"val_fraction": 0.1, "test_fraction": 0.2}
    run = {"sets": {"train": "a"}, "partition": {**shares, "seed": 0}}
    same = SimpleNamespace(fitted={"sets": {"train": "a"}, "partition": {**shares, "seed": 1}})
    new = SimpleNamespace(fitted={"sets": {"train": "b"}, "partition": {**shares, "seed": 1}})
    assert seen_before(run, same, "test") == [
        "data: it is shared out otherwise than in the training (data.seed was 0, now 1), so the "
        "test split has examples that were trained on"
    ]
    assert seen_before(run, new, "test") == []
    assert seen_before({}, SimpleNamespace(), "test") == []


def test_columns_of_another_kind_of_table_are_refused(tmp_path):
    run = compose("train", ["data=diabetes"])
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"{n},{n / 7}\n" for n in range(40)))
    other = with_data(run, "csv", [f"data.path={tmp_path}/a.csv", "data.target=b"], None)
    facts = {"config": run.values, "fitted": {"encoding": {"centre": 1.0, "scale": 1.0}}}
    with pytest.raises(ConfigError) as refusal:
        fitted_for(other, facts)
    assert str(refusal.value) == (
        "--data: dlcli.data.csv.CSV and the run's dlcli.data.tabular.Diabetes each make numbers "
        "of their columns in their own way, so the model cannot read the one as the other; give "
        "it as a file of the run's own kind"
    )
