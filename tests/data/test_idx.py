"""MNIST and its like, from files in either layout, or downloaded whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dlcli.data.fetch import fetch
from dlcli.data.idx import CLASSES, EMNIST, KMNIST, MNIST, NEEDED, FashionMNIST
from dlcli.errors import DataError

from .idx_files import encode, write_emnist, write_set


def load(root: Path, kind: type[MNIST] = MNIST, **options) -> MNIST:
    data = kind(root, download=False, batch_size=4, **options)
    data.prepare_data()
    data.setup()
    return data


@pytest.mark.parametrize("folder", [".", "raw", "MNIST/raw"])
@pytest.mark.parametrize("zipped", [False, True])
def test_both_layouts_plain_and_compressed_are_found(tmp_path, folder, zipped):
    write_set(tmp_path / folder, zipped=zipped)
    data = load(tmp_path)
    assert data.spec.shape == (1, 8, 9)
    assert data.spec.classes == tuple("0123456789")
    assert [len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")] == [
        36,
        4,
        20,
    ]


@pytest.mark.parametrize("kind", [FashionMNIST, KMNIST])
def test_the_others_have_ten_named_classes_and_a_layout_of_their_own(tmp_path, kind):
    write_set(tmp_path / kind.title / "raw")
    assert len(set(load(tmp_path, kind).spec.classes)) == 10


def test_the_fingerprint_is_of_the_content_and_not_of_the_form_or_the_split(tmp_path):
    one = load(write_set(tmp_path / "a", zipped=True), seed=0).fingerprint
    other = load(write_set(tmp_path / "b"), seed=1).fingerprint
    changed = load(write_set(tmp_path / "c", train=41)).fingerprint
    assert one == other != changed
    assert len(one) == 64


def refusal(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        load(root)
    return str(caught.value)


def test_absent_files_are_refused_with_what_to_put_where(tmp_path):
    assert refusal(tmp_path) == (
        f"data.root: no MNIST files in {tmp_path}; put there {NEEDED}, or set data.download=true"
    )


def test_a_set_that_is_half_there_names_what_is_missing(tmp_path):
    write_set(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert refusal(tmp_path) == (
        f"data.root: {tmp_path} lacks t10k-labels-idx1-ubyte (or .gz); the other files are there"
    )


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    path = tmp_path / "mnist.zip"
    path.write_bytes(b"PK")
    assert refusal(path) == f"data.root: {path} is a file; name the folder that holds it"


def test_counts_that_differ_are_refused_with_both(tmp_path):
    write_set(tmp_path)
    labels = np.zeros(39, np.uint8)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(encode(labels))
    assert refusal(tmp_path) == (
        f"{tmp_path}/train-images-idx3-ubyte: 40 images, but train-labels-idx1-ubyte has 39 labels"
    )


def test_a_label_without_a_class_is_refused(tmp_path):
    write_set(tmp_path)
    path = tmp_path / "t10k-labels-idx1-ubyte"
    path.write_bytes(encode(np.full(20, 10, np.uint8)))
    assert refusal(tmp_path) == f"{path}: label 10 with 10 classes (0 to 9)"


def test_an_empty_set_is_refused(tmp_path):
    write_set(tmp_path, train=0)
    assert refusal(tmp_path) == f"{tmp_path}, train set: empty; there is nothing to learn from"


def test_a_download_arrives_whole_and_once(tmp_path):
    calls = []

    def download(title: str, folder: Path) -> None:
        calls.append(folder)
        write_set(folder / title / "raw")

    root = tmp_path / "new"
    for _ in range(2):
        fetch("MNIST", root, NEEDED, download)
    assert len(calls) == 1
    assert len(load(root).eval_dataloader("test").inputs) == 20
    assert not list(root.glob(".download-*"))


def test_a_failed_download_is_tried_three_times_and_leaves_nothing(tmp_path):
    calls = []

    def download(title: str, folder: Path) -> None:
        calls.append(folder)
        (folder / title).mkdir()
        raise OSError("no route to host")

    root = tmp_path / "new"
    with pytest.raises(DataError) as caught:
        fetch("MNIST", root, NEEDED, download)
    assert str(caught.value) == (
        f"data.root: no MNIST files in {root}, and the download failed (no route to host); "
        f"put there {NEEDED}"
    )
    assert (len(calls), root.exists()) == (3, False)


def test_images_stay_bytes_in_memory_and_are_normalised_by_the_batch(tmp_path):
    loader = load(write_set(tmp_path)).train_dataloader()
    assert loader.inputs.dtype == torch.uint8
    assert next(iter(loader))[0].dtype == torch.float32


EMNIST_CLASSES = {"balanced": 47, "byclass": 62, "bymerge": 47, "letters": 26, "digits": 10}


@pytest.mark.parametrize(("split", "classes"), EMNIST_CLASSES.items())
@pytest.mark.parametrize("folder", [".", "EMNIST/raw", "gzip"])
def test_emnist_has_the_classes_of_its_split(tmp_path, split, classes, folder):
    write_emnist(tmp_path / folder, split, zipped=folder == "gzip")
    data = load(tmp_path, EMNIST, split=split)
    assert data.spec.outputs == classes
    assert data.eval_dataloader("test").targets.unique().tolist() == list(range(classes))


def test_emnist_is_turned_the_right_way_up(tmp_path):
    write_emnist(tmp_path, "digits")
    assert load(tmp_path, EMNIST, split="digits").spec.shape == (1, 8, 9)
    first = load(tmp_path, EMNIST, split="digits").eval_dataloader("test").inputs[0, 0]
    # the file holds it column by column: the first of them is 0 to 7
    assert first[:, 0].tolist() == list(range(8))


def test_emnist_names_its_classes_as_they_were_published():
    assert "".join(CLASSES["balanced"]) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"
    assert "".join(CLASSES["byclass"][35:38]) == "Zab"
    assert CLASSES["letters"][0] == "a"


def test_a_letter_without_a_class_is_refused(tmp_path):
    write_emnist(tmp_path, "letters")
    path = tmp_path / "emnist-letters-test-labels-idx1-ubyte"
    path.write_bytes(encode(np.zeros(26 * 2, np.uint8)))
    with pytest.raises(DataError) as caught:
        load(tmp_path, EMNIST, split="letters")
    assert str(caught.value) == f"{path}: label 0 with 26 classes (1 to 26)"


def test_a_split_that_is_absent_names_its_files(tmp_path):
    write_emnist(tmp_path, "letters")
    with pytest.raises(DataError) as caught:
        load(tmp_path, EMNIST)
    assert str(caught.value) == (
        f"data.root: no EMNIST files in {tmp_path}; put there "
        "emnist-balanced-train-images-idx3-ubyte, emnist-balanced-train-labels-idx1-ubyte, "
        "emnist-balanced-test-images-idx3-ubyte, emnist-balanced-test-labels-idx1-ubyte "
        "(each also as .gz), or set data.download=true"
    )


def test_a_download_of_emnist_brings_all_splits(tmp_path, monkeypatch):
    def download(root: str, split: str, download: bool) -> None:
        write_emnist(Path(root) / "EMNIST" / "raw", "letters")

    monkeypatch.setattr("torchvision.datasets.EMNIST", download)
    data = EMNIST(tmp_path / "new", split="letters")
    data.prepare_data()
    data.setup()
    assert data.spec.outputs == 26
