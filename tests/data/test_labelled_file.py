"""Labelled texts are read as their files hold them, or refused at their line."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from dlcli.data.labelled_file import Table, Texts, read_classes
from dlcli.errors import DataError

ROWS = [("good film", "1"), ("bad film", "0"), ("so good", "1"), ("so bad", "0")]


def write(folder: Path, content: str, name: str = "train.tsv") -> Path:
    path = folder / name
    path.write_text(content)
    return path


def tsv(rows=ROWS) -> str:
    return "".join(f"{text}\t{label}\n" for text, label in rows)


def table(path: Path, text=0, label=1, header="auto") -> Texts:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Table(text, label, header).read({"train": path}, "utf-8")[0]["train"]


def pairs(found: Texts) -> list[tuple[str, str]]:
    return list(zip(found.texts, found.labels, strict=True))


def refusal(path: Path, **columns) -> str:
    with pytest.raises(DataError) as caught:
        table(path, **columns)
    return str(caught.value)


def test_a_table_by_the_numbers_of_its_columns(tmp_path):
    found = table(write(tmp_path, tsv()))
    assert pairs(found) == ROWS
    assert found.places[2] == f"{tmp_path}/train.tsv:3"
    assert found.targets.tolist() == [1, 0, 1, 0]


def test_a_table_by_the_names_of_its_columns(tmp_path):
    path = write(tmp_path, "label,text\n1,good film\n0,bad film\n", "train.csv")
    found = table(path, text="text", label="label")
    assert pairs(found) == ROWS[:2]
    assert found.places == (f"{path}:2", f"{path}:3")


def test_a_header_is_told_by_its_label(tmp_path):
    path = write(tmp_path, "sentence\tlabel\n" + tsv())
    message = (
        f"^{path}:1: taken for a header, because 'label' is no other line's label; "
        "data.header=false reads it as an example$"
    )
    with pytest.warns(UserWarning, match=message):
        found = Table(0, 1, "auto").read({"train": path}, "utf-8")[0]["train"]
    assert pairs(found) == ROWS
    assert pairs(table(path, header=True)) == ROWS
    assert len(table(path, header=False)) == 5


def test_the_header_of_the_training_table_is_that_of_all(tmp_path):
    train, val = write(tmp_path, tsv()), write(tmp_path, "a\t1\nb\t0\nc\t0\n", "val.tsv")
    sets, _ = Table(0, 1, "auto").read({"train": train, "val": val}, "auto")
    assert [len(found) for found in sets.values()] == [4, 3]


def test_quotes_in_tabs_are_of_the_text(tmp_path):
    rows = [('so "good', "1"), ('"bad"', "0")]
    assert pairs(table(write(tmp_path, tsv(rows)))) == rows


def test_quotes_in_commas_are_of_the_format(tmp_path):
    content = '"1","A ""good"" film, long","a\nb"\n"2","bad","c"\n'
    found = table(write(tmp_path, content, "a.csv"), text=1, label=0)
    assert pairs(found) == [('A "good" film, long', "1"), ("bad", "2")]
    assert found.places == (f"{tmp_path}/a.csv:1", f"{tmp_path}/a.csv:3")


@pytest.mark.parametrize(
    ("name", "separator"), [("a.csv", ","), ("a.csv", ";"), ("a.txt", "\t"), ("a.txt", ";")]
)
def test_the_separator_is_found_out(tmp_path, name, separator):
    content = tsv().replace("\t", separator)
    assert pairs(table(write(tmp_path, content, name))) == ROWS


def test_a_file_a_class(tmp_path):
    good = write(tmp_path, "good film\nso good\n", "good.txt")
    bad = write(tmp_path, "bad film\n", "bad.txt")
    found = read_classes({"pos": good, "neg": str(bad)}, "auto")
    assert pairs(found) == [("good film", "pos"), ("so good", "pos"), ("bad film", "neg")]
    assert found.places[1:] == (f"{good}:2", f"{bad}:1")


def test_parts_are_taken_and_hashed_by_what_they_hold(tmp_path):
    import hashlib

    import torch

    found = table(write(tmp_path, tsv()))
    part = found.take(torch.tensor([3, 0]))
    assert pairs(part) == [ROWS[3], ROWS[0]]
    digests = [hashlib.sha256(), hashlib.sha256()]
    found.update(digests[0])
    part.update(digests[1])
    assert digests[0].digest() != digests[1].digest()


def test_a_column_that_is_not_there_is_refused_with_the_nearest(tmp_path):
    path = write(tmp_path, "sentence\tlabel\n" + tsv())
    assert refusal(path, text="sentense", label="label") == (
        f"data.text: no column 'sentense' in {path}; did you mean sentence?; "
        "its columns: sentence, label"
    )
    assert refusal(path, text="sentence", label="y") == (
        f"data.label: no column 'y' in {path}; its columns: sentence, label"
    )
    assert (
        refusal(path, text=2, header=True)
        == f"data.text: no column 2 in {path}, which has 2 (0 to 1)"
    )
    assert refusal(path, label=-1) == f"data.label: no column -1 in {path}, which has 2 (0 to 1)"
    assert refusal(path, text="sentence", header=False) == (
        f"data.text: 'sentence' is a name, but data.header=false says that {path} has none; "
        "give a number, 0 to 1"
    )


def test_a_line_of_other_columns_is_refused(tmp_path):
    path = write(tmp_path, "a\t1\nb\nc\t0\n")
    assert refusal(path) == (
        f"{path}:2: 1 columns, but line 1 has 2; a separator too many or too few"
    )


def test_a_quote_that_is_not_closed_is_refused_where_it_begins(tmp_path):
    path = write(tmp_path, 'a,1\n"b,0\nc,1\n', "a.csv")
    assert refusal(path) == f"{path}:2: unexpected end of data; mend the quotes of this record"


@pytest.mark.parametrize(
    ("content", "what"), [("a\t1\n \t0\n", "an empty text"), ("a\t1\nb\t\n", "no label")]
)
def test_an_empty_text_or_label_is_refused(tmp_path, content, what):
    path = write(tmp_path, content)
    assert refusal(path, header=False) == f"{path}:2: {what}; fill it in or remove the line"


def test_an_empty_line_of_a_class_is_refused(tmp_path):
    path = write(tmp_path, "a\n\nb\n")
    with pytest.raises(DataError) as caught:
        read_classes({"pos": path}, "auto")
    assert str(caught.value) == f"{path}:2: an empty text; fill it in or remove the line"
    with pytest.raises(DataError) as caught:
        read_classes({"pos": tmp_path / "x"}, "auto")
    assert str(caught.value) == f"data.files.pos: no file {tmp_path}/x"


def test_a_header_alone_is_refused(tmp_path):
    path = write(tmp_path, "text\tlabel\n")
    assert refusal(path, text="text", label="label") == (
        f"{path}: holds nothing but its header; there is nothing to learn from"
    )
