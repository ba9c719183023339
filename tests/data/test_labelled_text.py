"""Texts of any length become padded indices, by the vocabulary of the training split."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlcli.data.labelled_text import LabelledText
from dlcli.errors import ConfigError, DataError

TRAIN = ["the good film\t1", "The bad film\t0", "so good\t1", "so bad\t0"]


def write_tiny(folder: Path) -> dict[str, Path]:
    """Tables of 40, 10 and 10 short texts of two classes, by ``train``, ``val`` and ``test``."""
    sizes = {"train": 40, "val": 10, "test": 10}
    words = ["film", "story", "scene", "actor", "plot"]
    paths = {}
    for name, size in sizes.items():
        lines = [
            f"the {words[i % 5]} is {'very ' * (i % 3)}{'good' if i % 2 else 'bad'}\t{i % 2}\n"
            for i in range(size)
        ]
        paths[name] = folder / f"{name}.tsv"
        paths[name].write_text("".join(lines))
    return paths


def given(folder: Path, **options) -> LabelledText:
    """The four training texts, and one to validate and to test on."""
    paths = {name: folder / f"{name}.tsv" for name in ("train", "val", "test")}
    texts = {"train": TRAIN, "val": ["a good end of it all\t1"], "test": ["bad\t0"]}
    for name, lines in {**texts, **options.pop("texts", {})}.items():
        paths[name].write_text("\n".join(lines) + "\n")
    data = LabelledText(**{**paths, **options})
    data.setup()
    return data


def read(data: LabelledText, split: str) -> tuple[list[list[int]], list[int]]:
    inputs, targets = next(iter(data.eval_dataloader(split)))
    return inputs.tolist(), targets.tolist()


def refusal(folder: Path, **options) -> str:
    with pytest.raises(DataError) as caught:
        given(folder, **options)
    return str(caught.value)


def test_texts_are_indices_filled_up_with_padding(tmp_path):
    data = given(tmp_path)
    assert data.spec.vocabulary == ("<pad>", "<unk>", "bad", "film", "good", "so", "the")
    assert (data.spec.classes, data.spec.shape, data.spec.padding) == (("0", "1"), (3,), 0)
    inputs, targets = read(data, "train")
    assert inputs == [[6, 4, 3], [6, 2, 3], [5, 4, 0], [5, 2, 0]]
    assert targets == [1, 0, 1, 0]


def test_words_that_the_training_split_has_not_are_unknown(tmp_path):
    assert read(given(tmp_path), "val") == ([[1, 4, 1]], [1])


def test_a_batch_is_as_long_as_its_longest_text(tmp_path):
    assert read(given(tmp_path), "test") == ([[2]], [0])


def test_what_a_token_is_can_be_chosen(tmp_path):
    assert given(tmp_path, lower=False).spec.vocabulary[2:] == (
        ("The", "bad", "film", "good", "so", "the")
    )
    assert given(tmp_path, min_count=2, max_vocabulary=4).spec.vocabulary[2:] == ("bad", "film")
    data = given(tmp_path, level="char", max_length=5)
    assert "".join(data.spec.vocabulary[2:]) == " abdefghilmost"
    assert data.spec.shape == (5,)


def test_labels_are_in_the_order_of_their_numbers_or_letters(tmp_path):
    texts = {"train": ["a\t10", "b\t9", "c\t10"], "val": ["a\t9"], "test": ["a\t9"]}
    assert given(tmp_path, texts=texts).spec.classes == ("9", "10")
    texts = {"train": ["a\tsad", "b\tglad"], "val": ["a\tsad"], "test": ["a\tsad"]}
    assert given(tmp_path, texts=texts, header=False).spec.classes == ("glad", "sad")


def test_what_is_not_given_is_cut_from_the_training_table(tmp_path):
    paths = write_tiny(tmp_path)
    data = LabelledText(paths["train"])
    data.setup()
    sizes = {name: len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 32, "val": 4, "test": 4}
    assert read(data, "val")[1].count(0) == 2
    whole = LabelledText(**paths)
    whole.setup()
    sizes = {name: len(whole.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 40, "val": 10, "test": 10}


def test_a_file_a_class_is_split(tmp_path):
    files = {}
    for label, word in {"neg": "bad", "pos": "good"}.items():
        files[label] = tmp_path / f"{label}.txt"
        files[label].write_text("".join(f"{word} film {i}\n" for i in range(20)))
    data = LabelledText(files=files)
    data.setup()
    assert data.spec.classes == ("neg", "pos")
    assert [read(data, name)[1].count(1) for name in ("train", "val", "test")] == [16, 2, 2]


def test_an_evaluation_goes_by_the_training(tmp_path):
    first = given(tmp_path)
    texts = {"train": ["other words here\t1", "and there\t0"]}
    again = LabelledText(**{name: tmp_path / f"{name}.tsv" for name in ("train", "val", "test")})
    (tmp_path / "train.tsv").write_text("\n".join(texts["train"]))
    again.go_by(first.fitted)
    again.setup()
    assert again.spec == first.spec
    assert read(again, "val") == read(first, "val")


def test_a_label_that_no_training_text_has_is_refused(tmp_path):
    assert refusal(tmp_path, texts={"test": ["fine\t1", "odd\t2"]}) == (
        f"{tmp_path}/test.tsv:2: label '2', which no training example has; the labels are 0, 1"
    )


def test_one_class_is_refused(tmp_path):
    texts = {"train": ["a\t1", "b\t1"], "val": ["a\t1"], "test": ["a\t1"]}
    assert refusal(tmp_path, texts=texts) == (
        f"{tmp_path}/train.tsv: every text has the label '1'; there is nothing to tell apart"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {},
            "data.train: missing; give a table, data.train=FILE data.text=COLUMN "
            "data.label=COLUMN, or a file a class, data.files={CLASS: FILE, ...}",
        ),
        ({"train": "a", "files": {"x": "b", "y": "c"}}, "data.files and data.train: give one or "),
        ({"files": {"x": "b"}}, "data.files: one class, x; give a file of another"),
        ({"train": "a", "max_length": 0}, "data.max_length: 0 is not positive"),
        (
            {"train": "a", "max_vocabulary": 2},
            "data.max_vocabulary: 2; two tokens are <pad> and <unk>, so it is 3 at least",
        ),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(ConfigError) as caught:
        LabelledText(**options)
    assert str(caught.value).startswith(message)


def test_training_batches_are_augmented(tmp_path):
    data = given(tmp_path, augment=lambda tokens, generator: torch.ones_like(tokens))
    inputs, _ = next(iter(data.train_dataloader()))
    assert inputs.unique().tolist() == [1]
