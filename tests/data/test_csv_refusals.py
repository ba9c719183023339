"""A table of the user's that cannot be learnt from is refused; what is wrong is named by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.data.csv import CSV
from dlcli.errors import ConfigError, DataError

from .table_files import ready, rows, write


def refusal(folder: Path, text: str, error: type[Exception] = DataError, **options) -> str:
    path = write(folder, text)
    with pytest.raises(error) as caught:
        CSV(path, **{"target": "y", **options}).setup()
    return str(caught.value).replace(f"{folder}/", "")


REFUSALS = {
    "": "table.csv: empty; there is nothing to learn from",
    "\ufeff\n": "table.csv: empty; there is nothing to learn from",
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
