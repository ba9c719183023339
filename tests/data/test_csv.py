"""A table of the user's becomes vectors by its training split; what is wrong is named by line."""

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
from dlcli.errors import ConfigError, DataError

COLOURS = ("red", "green", "blue")


def write_tiny(folder: Path, target: str = "price") -> Path:
    """Sixty rows: two numbers, of which one is missing at times, a text, and the target."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"size,rooms,colour,{target}"]
    for n in range(60):
        size, rooms = 20 + n * 37 % 61, "" if n % 7 == 3 else n % 5
        answer = {"price": 100.5 * size + n % 4, "grade": "high" if size > 50 else "low"}
        rows.append(f'{size},{rooms},"{COLOURS[n % 3]}, light",{answer[target]}')
    path = folder / f"{target}.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def rows(line: str, count: int = 30, header: str = "x,y") -> str:
    """A header and numbered rows; ``{n}`` in a line is its number, ``{c}`` one of two letters."""
    lines = [line.format(n=n, c="ab"[n % 2]) for n in range(count)]
    return "\n".join([header, *lines]) + "\n"


def refusal(folder: Path, text: str, error: type[Exception] = DataError, **options) -> str:
    path = write(folder, text)
    with pytest.raises(error) as caught:
        CSV(path, **{"target": "y", **options}).setup()
    return str(caught.value).replace(f"{folder}/", "")


def ready(path: Path, **options) -> CSV:
    data = CSV(path, **options)
    data.setup()
    return data


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


def test_a_nameless_column_that_counts_is_left_out_with_a_warning(tmp_path):
    path = write(tmp_path, rows("{n},{n}3,{c}", header=",x,y"))
    assert warned(path, target="y") == [
        "table.csv: the first column has no name and counts the rows; it is left out"
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


REFUSALS = {
    "": "table.csv: empty; there is nothing to learn from",
    "x,y\n": "table.csv: a header and no rows; data.header=false if it is a row",
    "x,y\n1,2\n1,2,3\n": (
        "table.csv:3: 3 fields, but line 1 has 2 (parted by ','); "
        "mend the line, or name the right data.separator"
    ),
    'x,y\n1,"2\n3"\n\n1\n': (
        "table.csv:5: 1 fields, but line 1 has 2 (parted by ','); "
        "mend the line, or name the right data.separator"
    ),
    "x,x,y\n1,2,3\n": (
        "table.csv: several columns are called 'x'; rename them, "
        "or data.header=false if the first row is no header"
    ),
    "x,y\n1,\n2,\n": "table.csv: column 'y', the target, is empty",
    "y\n" + "1\n2.5\n" * 20: "table.csv: no column is left to predict 'y' from",
    rows("1,{c}"): "table.csv: no column is left to predict 'y' from",
    rows("{n},a"): (
        "table.csv: column 'y', the target, is 'a' in every row; there is nothing to tell apart"
    ),
    rows("{n},1.5"): (
        "table.csv: column 'y', the target, is 1.5 in every row; there is nothing to predict"
    ),
    rows("{n},id{n}"): (
        "table.csv: column 'y' has 30 different texts in 30 rows, so they are no classes; "
        "name another data.target"
    ),
    rows("{n},{n}.5").replace("\n7,7.5", "\n7,7-5"): (
        "table.csv:9: '7-5' in column 'y' is not a number; mend it, or data.missing=['7-5'] "
        "if it stands for a missing value"
    ),
    rows("{n},{c}", count=60).replace("\n5,", "\nfive,").replace("\n7,", "\nseven,"): (
        "table.csv:7: 'five' in column 'x' is not a number (2 such values); mend it, "
        "or data.missing=['five'] if it stands for a missing value"
    ),
    rows("{n},{c}").replace("\n5,", "\ninf,"): (
        "table.csv:7: 'inf' in column 'x' is too large; mend it, "
        "or data.missing=['inf'] if it stands for a missing value"
    ),
    rows("name {n},{c}", count=200): (
        "table.csv: column 'x' has 140 different texts ('name 0', 'name 1', 'name 100', …), "
        "too many for a feature each; leave it out (data.drop=[x]), or data.max_categories=140"
    ),
    'x,y\n1,"2\n': ("table.csv:2: EOF inside string starting at row 1; is a quote left open?"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("text", "message"), REFUSALS.items(), ids=range(len(REFUSALS)))
def test_a_table_that_cannot_be_learnt_from_is_refused(tmp_path, text, message):
    assert refusal(tmp_path, text) == message


WRONG = [
    ({"target": None}, "data.target: name the column to predict; table.csv has x, colour, y"),
    (
        {"target": "color"},
        "data.target: table.csv has no column 'color'; did you mean colour? columns: x, colour, y",
    ),
    (
        {"target": 3},
        "data.target: table.csv has no column 3; it has 3: 0 to 2, or -1 for the last",
    ),
    ({"drop": ["z"]}, "data.drop: table.csv has no column 'z'; columns: x, colour, y"),
    ({"drop": ["y"]}, "data.drop: 'y' is data.target, the column to predict"),
    ({"separator": "::"}, "data.separator: '::' is not one character; null finds out"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_a_wrong_configuration_is_refused_with_the_choices(tmp_path, options, message):
    text = rows("{n},red,{c}", header="x,colour,y")
    assert refusal(tmp_path, text, ConfigError, **options) == message


def test_a_number_to_predict_that_is_none_is_refused(tmp_path):
    text = rows("{n},{n}").replace("\n4,4", "\n4,four")
    assert refusal(tmp_path, text, task="regression") == (
        "table.csv:6: 'four' in column 'y' is not a number; mend it, or data.missing=['four'] "
        "if it stands for a missing value"
    )


def test_a_class_that_the_training_split_has_not_is_refused(tmp_path):
    path = write(tmp_path, rows("{n},{c}"))
    test = write(tmp_path, "x,y\n1,a\n\n2,c\n", "test.csv")
    with pytest.raises(DataError) as caught:
        ready(path, target="y", test=test)
    assert str(caught.value) == (
        f"{test}:4: class 'c' in column 'y' is not in the training split, which has a, b"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "z,y\n1,a\n",
            "test.csv: no column 'x', which the training split had; columns: z, y",
        ),
        (
            "x,y\nnone,a\n",
            "test.csv:2: 'none' in column 'x' is not a number; mend it, "
            "or data.missing=['none'] if it stands for a missing value",
        ),
    ],
)
def test_another_file_that_does_not_fit_is_refused(tmp_path, text, message):
    path = write(tmp_path, rows("{n},{c}"))
    with pytest.raises(DataError) as caught:
        ready(path, target="y", test=write(tmp_path, text, "test.csv"))
    assert str(caught.value) == f"{tmp_path}/{message}"


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
            {"name": "size", "median": 50.0, "decimal": "."},
            {"name": "rooms", "median": 2.0, "decimal": "."},
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
