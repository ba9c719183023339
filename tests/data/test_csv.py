"""A table of the user's becomes vectors by its training split."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from dlcli.data.csv import CSV

from .table_files import ready, rows, write, write_tiny


def warned(path: Path, **options) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ready(path, **options)
    return [str(warning.message).replace(f"{path.parent}/", "") for warning in caught]


def test_values_are_learnt_in_the_spread_of_the_training_split(tmp_path):
    data = ready(write_tiny(tmp_path), target="price")
    assert (data.spec.kind, data.spec.shape, data.spec.target) == ("vector", (5,), "value")
    targets = data.eval_dataloader("train").targets
    assert targets.shape == (42, 1)
    assert data.spec.centre == pytest.approx((float(targets.double().mean()),))
    assert data.spec.scale == pytest.approx((float(targets.double().std(correction=0)),))


def test_classes_are_named_by_their_texts(tmp_path):
    data = ready(write_tiny(tmp_path, "grade"), target="grade")
    assert (data.spec.target, data.spec.classes) == ("class", ("high", "low"))
    sizes = {name: len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 42, "val": 6, "test": 12}


def test_inputs_are_what_scikit_learn_makes_of_the_training_split(tmp_path):
    path = write_tiny(tmp_path)
    data = ready(path, target="price", normalize="none")
    frame = pandas.read_csv(path).set_index("price")
    order = [float(price) for price in data.eval_dataloader("train").targets]
    train = frame.loc[order]
    imputer = SimpleImputer(strategy="median").fit(train[["size", "rooms"]])
    encoder = OneHotEncoder(sparse_output=False).fit(train[["colour"]])
    for split in ("train", "val", "test"):
        loader = data.eval_dataloader(split)
        part = frame.loc[[float(price) for price in loader.targets]]
        expected = np.hstack(
            [imputer.transform(part[["size", "rooms"]]), encoder.transform(part[["colour"]])]
        )
        assert np.array_equal(loader.inputs.numpy(), expected.astype(np.float32))


def test_a_net_reads_numbers_of_mean_0_and_deviation_1(tmp_path):
    data = ready(write_tiny(tmp_path), target="price")
    x, _ = next(iter(data.eval_dataloader("train")))
    assert torch.allclose(x.mean(0), torch.zeros(5), atol=1e-6)
    assert torch.allclose(x.std(0, correction=0), torch.ones(5), atol=1e-5)


@pytest.mark.parametrize("target", ["price", 3, -1])
def test_a_target_is_a_name_or_an_index(tmp_path, target):
    assert ready(write_tiny(tmp_path), target=target).spec.shape == (5,)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(tmp_path, separator):
    text = rows("{n},{n}5,{c}", header="x,z,y").replace(",", separator)
    assert ready(write(tmp_path, text), target="y").spec.shape == (2,)


def test_marks_encodings_blank_lines_and_compression_are_taken_as_they_come(tmp_path):
    text = rows("{n},é{c}", header="größe,y").replace("\n", "\r\n\r\n")
    contents = [text.encode("utf-8-sig"), text.encode("utf-16"), gzip.compress(text.encode())]
    for place, content in enumerate(contents):
        path = tmp_path / f"{place}.csv"
        path.write_bytes(content)
        assert ready(path, target="y", drop=[]).spec.classes == ("éa", "éb")
    path.write_bytes(text.encode("latin-1"))
    assert ready(path, target="y", encoding="latin-1").spec.classes == ("éa", "éb")


def test_decimal_commas_are_read_where_they_are_stated(tmp_path):
    path = write(tmp_path, rows("1.00{n},5;{c}", header="x;y", count=9))
    data = ready(path, target="y", decimal=",", normalize="none")
    known = torch.cat([data.eval_dataloader(name).inputs for name in ("train", "val", "test")])
    assert sorted(known.flatten().tolist()) == [1000.5 + n for n in range(9)]


def test_without_a_header_columns_are_numbered(tmp_path):
    path = write(tmp_path, rows("{n},{c}", header="30,b"))
    data = ready(path, target=1, header=False)
    assert (data.spec.shape, data.spec.classes) == ((1,), ("a", "b"))
    assert sum(len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")) == 31


def test_a_point_that_parts_no_thousands_makes_no_number_where_the_decimal_is_a_comma(tmp_path):
    days = [f"{n % 3 + 1}.08.2017" for n in range(30)]
    lines = [f"{n}.250,5;{day};{'ab'[n % 2]}" for n, day in enumerate(days)]
    path = write(tmp_path, "\n".join(["x;day;y", *lines]) + "\n")
    data = ready(path, target="y", decimal=",", normalize="none")
    inputs = torch.cat([data.eval_dataloader(part).inputs for part in ("train", "val", "test")])
    assert inputs.shape == (30, 4)
    assert sorted(inputs[:, 0].tolist()) == [1000 * n + 250.5 for n in range(30)]
    assert inputs[:, 1:].sum(0).tolist() == [10, 10, 10]


def test_times_keep_what_they_differ_by(tmp_path):
    lines = [f"{1_700_000_000_000 + 60_000 * n},{'ab'[n % 2]}" for n in range(1000)]
    path = write(tmp_path, "\n".join(["x,y", *lines]) + "\n")
    data = ready(path, target="y")
    inputs = torch.cat([data.eval_dataloader(part).inputs for part in ("train", "val", "test")])
    assert len(inputs.unique()) == 1000


def test_a_target_of_which_32_bits_tell_little_is_told(tmp_path):
    path = write(tmp_path, rows("{n},1700000000.{n}"))
    assert warned(path, target="y", task="regression") == [
        "table.csv: column 'y', the target, has numbers so large and so near each other that 32 "
        "bits hold few steps between them; subtract a constant from it"
    ]


def test_none_is_missing_among_numbers_and_a_text_among_texts(tmp_path):
    lines = [f"{n % 9 or 'None'},{('None', 'mild')[n % 2]}" for n in range(60)]
    path = write(tmp_path, "\n".join(["x,y", *lines]) + "\n")
    data = ready(path, target="y")
    assert (data.spec.shape, data.spec.classes) == ((1,), ("None", "mild"))


def test_a_field_may_be_as_long_as_it_likes(tmp_path):
    long = "x" * 200_000
    path = write(tmp_path, rows("{n},{c}" + long))
    assert ready(path, target="y").spec.classes == (f"a{long}", f"b{long}")


@pytest.mark.parametrize(
    ("values", "target", "classes"),
    [
        (["a", "b"], "class", ("a", "b")),
        (["3", "1.0", "2e0"], "class", ("1", "2", "3")),
        (["1.5", "2.5"], "value", ()),
        ([str(n) for n in range(20)], "class", tuple(map(str, range(20)))),
        ([str(n) for n in range(21)], "value", ()),
    ],
)
def test_what_is_predicted_goes_by_how_the_target_looks(tmp_path, values, target, classes):
    lines = [f"{n},{values[n % len(values)]}" for n in range(210)]
    path = write(tmp_path, "\n".join(["x,y", *lines]))
    spec = CSV(path, target="y").read().spec
    assert spec.target == target
    assert ready(path, target="y").spec.classes == classes


def test_a_stated_task_has_the_last_word(tmp_path):
    path = write(tmp_path, rows("{n},{n}"))
    assert ready(path, target="y").spec.target == "value"
    numbers = write(tmp_path, rows("{n},1").replace("0,1\n", "0,2\n"))
    assert ready(numbers, target="y", task="regression").spec.target == "value"
    assert ready(numbers, target="y", task="classification").spec.classes == ("1", "2")


def test_the_same_everywhere_is_left_out_with_a_warning(tmp_path):
    path = write(tmp_path, rows("{n},7,,q,{c}", header="x,same,empty,text,y"))
    assert warned(path, target="y") == [
        "table.csv: left out, because they are the same or empty in every row of the "
        "training split: same, empty, text"
    ]


def test_rows_without_a_target_are_left_out_with_a_warning(tmp_path):
    text = rows("{n},{c}").replace("\n4,a", "\n4,").replace("\n9,b", "\n9,?")
    path = write(tmp_path, text)
    assert warned(path, target="y") == [
        "table.csv: 2 of 30 rows have no 'y', the target, and are left out; the first is line 6"
    ]


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_nameless_column_that_numbers_the_rows_is_left_out_with_a_warning(tmp_path, shuffled):
    header, *lines = rows("{n},{n}3,{c}", header=",x,y").splitlines()
    lines = lines[1::2] + lines[::2] if shuffled else lines
    path = write(tmp_path, "\n".join([header, *lines]) + "\n")
    assert warned(path, target="y") == [
        "table.csv: the first column has no name and numbers the rows; it is left out; "
        "if it is more than their number, give it a name"
    ]


def test_a_header_of_numbers_warns(tmp_path):
    assert warned(write(tmp_path, rows("{n},1.{n}", header="0,1")), target=1) == [
        "table.csv: the first row, taken for the names of the columns, is all numbers; "
        "if it is a row like the others, set data.header=false"
    ]


def test_columns_are_dropped_by_name_or_index(tmp_path):
    path = write(tmp_path, rows("{n},{n}b,{n}c,{c}", header="x,id,id2,y", count=200))
    assert ready(path, target="y", drop=["id", 2]).spec.shape == (1,)


def test_a_stated_text_is_missing(tmp_path):
    path = write(tmp_path, rows("{n},{c}").replace("\n4,", "\n-,"))
    assert ready(path, target="y", missing=["-"]).spec.shape == (1,)


def test_an_evaluation_on_another_file_goes_by_the_training(tmp_path):
    trained = ready(write_tiny(tmp_path), target="price")
    text = "price,more,colour,rooms,size\n" + "1,x,pink,,30\n" * 20
    other = CSV(write(tmp_path, text), target="price")
    other.go_by(trained.fitted)
    other.setup()
    assert (other.spec.target, other.spec.shape) == ("value", (5,))
    assert (other.spec.centre, other.spec.scale) == (trained.spec.centre, trained.spec.scale)
    median = next(
        c["median"] for c in trained.fitted["encoding"]["columns"] if c["name"] == "rooms"
    )
    inputs = other.eval_dataloader("test").inputs
    # an unknown colour is none of those known
    assert inputs.unique(dim=0).tolist() == [[30.0, median, 0.0, 0.0, 0.0]]
    shift, scale = (trained.fitted["normalize"][name] for name in ("shift", "scale"))
    x, _ = next(iter(other.eval_dataloader("test")))
    assert torch.equal(x, (inputs - shift) * scale)


def test_what_is_fitted_can_be_stored_in_a_checkpoint(tmp_path):
    data = ready(write_tiny(tmp_path, "grade"), target="grade")
    torch.save(data.fitted, tmp_path / "fitted")
    assert torch.load(tmp_path / "fitted", weights_only=True)["encoding"] == {
        "asked": "class",
        "columns": [
            {"name": "size", "median": 50.0, "decimal": ".", "origin": 0.0},
            {"name": "rooms", "median": 2.0, "decimal": ".", "origin": 0.0},
            {"name": "colour", "values": ("blue, light", "green, light", "red, light")},
        ],
        "classes": ["high", "low"],
    }


def test_california_housing_has_20640_rows():
    path = Path(__file__).parents[3] / "shared" / "data" / "california_housing.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    data = ready(path, target="median_house_value")
    assert (data.spec.target, data.spec.shape) == ("value", (13,))
    sizes = {name: len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 14448, "val": 2064, "test": 4128}
