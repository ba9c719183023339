"""A data set that goes by a training needs no file but that of the split that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlcli.data.csv import CSV
from dlcli.data.image_folder import ImageFolder
from dlcli.data.labelled_text import LabelledText
from dlcli.data.memory import Memory
from dlcli.data.signals import Signals
from dlcli.errors import DataError
from tests import tiny

from .image_files import write_tree


def csv(path: Path, **files: Path) -> Memory:
    return CSV(path, target="median_house_value", **files)


def texts(path: Path, **files: Path) -> Memory:
    return LabelledText(path, **files)


KINDS = {
    "csv": (tiny.write_houses, csv, "data.path"),
    "signals": (tiny.write_signals, Signals, "data.train"),
    "labelled_text": (tiny.write_reviews, texts, "data.train"),
}


def going_by(trained: Memory, other: Memory) -> Memory:
    other.go_by(trained.fitted)
    other.setup()
    return other


def batch(data: Memory, split: str) -> torch.Tensor:
    return next(iter(data.eval_dataloader(split)))[0]


def refusal(data: Memory, split: str) -> str:
    with pytest.raises(DataError) as caught:
        data.eval_dataloader(split)
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_to_test_on_is_read_without_that_trained_on(tmp_path: Path, kind: str) -> None:
    write, make, key = KINDS[kind]
    old, new = tmp_path / "old", tmp_path / "new"
    write(old, 80)
    write(new, 30)
    trained = make(old)
    trained.setup()
    both = going_by(trained, make(old, test=new))
    old.unlink()
    alone = going_by(trained, make(old, test=new))
    assert torch.equal(batch(alone, "test"), batch(both, "test"))
    assert alone.spec == trained.spec
    absent = f"{key}: no file {old}"
    assert refusal(alone, "train") == absent
    assert refusal(alone, "val") == f"{absent}; the val split is a share of it"
    with pytest.raises(DataError, match=f"^{key}: no file "):
        going_by(trained, make(old))


@pytest.mark.parametrize("kind", KINDS)
def test_a_share_is_that_of_the_training_whatever_is_tested_on(tmp_path: Path, kind: str) -> None:
    write, make, _ = KINDS[kind]
    old, new = tmp_path / "old", tmp_path / "new"
    write(old, 80)
    write(new, 30)
    trained = make(old)
    trained.setup()
    other = going_by(trained, make(old, test=new))
    assert torch.equal(batch(other, "val"), batch(trained, "val"))


def test_no_share_to_test_on_is_cut_from_what_was_trained_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    tiny.write_signals(old, 80)
    tiny.write_signals(new, 30)
    trained = Signals(old, test=new)
    trained.setup()
    assert refusal(going_by(trained, Signals(old)), "test") == (
        "data.test: the run was trained with a test set of its own, and there is none now; "
        "name its file"
    )
    new.unlink()
    assert refusal(going_by(trained, Signals(old, test=new)), "test") == (
        f"data.test: no file {new}"
    )


def test_a_header_is_there_as_it_was_in_the_training(tmp_path: Path) -> None:
    old, new = tmp_path / "old.tsv", tmp_path / "new.tsv"
    old.write_text("text\tlabel\n" + "good\t1\nbad\t0\n" * 20)
    new.write_text("text\tlabel\n" + "good\t1\n")
    trained = LabelledText(old)
    with pytest.warns(UserWarning, match="taken for a header"):
        trained.setup()
    old.unlink()
    assert len(batch(going_by(trained, LabelledText(old, test=new)), "test")) == 1


def test_a_training_file_that_changed_does_not_keep_from_testing(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("x,y\n" + "1,a\n2,b\n" * 20)
    new.write_text("x,y\n1,a\n")
    trained = CSV(old, target="y")
    trained.setup()
    old.write_text("x,y\n" + "1,a\n2,c\n" * 20)
    other = going_by(trained, CSV(old, target="y", test=new))
    assert len(batch(other, "test")) == 1
    assert other.fitted["sets"]["train"] != trained.fitted["sets"]["train"]
    with pytest.raises(DataError, match="class 'c' in column 'y' is not in the training split"):
        other.eval_dataloader("val")


def test_a_folder_of_images_to_test_on_is_enough(tmp_path: Path) -> None:
    write_tree(tmp_path / "train", 20)
    write_tree(tmp_path / "test", 6)
    trained = ImageFolder(tmp_path, size=8)
    trained.setup()
    (tmp_path / "train").rename(tmp_path / "gone")
    (tmp_path / "gone" / "red").rename(tmp_path / "red")
    other = going_by(trained, ImageFolder(tmp_path, size=8))
    assert torch.equal(batch(other, "test"), batch(trained, "test"))
    assert refusal(other, "val") == (
        f"data.root: {tmp_path} has no train; the val split is a share of it"
    )
