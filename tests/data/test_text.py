"""A text is cut into chunks whose targets are the next tokens."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from dlcli.data.text import Text
from dlcli.data.window_loader import WindowLoader
from dlcli.errors import ConfigError, DataError
from dlcli.models.supervised import Supervised

ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def write_tiny(folder: Path) -> Path:
    """A text of 1,200 characters in 27 of them, long enough for chunks of 16."""
    path = folder / "tiny.txt"
    lines = (f"{ALPHABET[i % 26 :]}{ALPHABET[: i % 26]}"[:23] for i in range(50))
    path.write_text("\n".join(lines) + "\n")
    return path


def text(folder: Path, content: str | None = None, **options) -> Text:
    path = write_tiny(folder)
    if content is not None:
        path.write_text(content)
    data = Text(path, **{"block": 4, "test_fraction": 0.1, **options})
    data.setup()
    return data


def read(data: Text, split: str) -> str:
    """A split's inputs, one behind the other."""
    tokenizer, _ = data.language()
    batches = data.eval_dataloader(split)
    return "".join(tokenizer.decode(row) for inputs, _ in batches for row in inputs.tolist())


def refusal(folder: Path, content: str, **options) -> str:
    with pytest.raises(DataError) as caught:
        text(folder, content, **options)
    return str(caught.value)


def test_the_target_of_each_token_is_the_next_one(tmp_path):
    data = text(tmp_path, "abcdefghij" * 10, block=3)
    inputs, targets = next(iter(data.eval_dataloader("train")))
    assert (data.spec.kind, data.spec.target, data.spec.shape) == ("tokens", "next_token", (3,))
    tokenizer, _ = data.language()
    assert [tokenizer.decode(row) for row in inputs[:3].tolist()] == ["abc", "def", "ghi"]
    assert [tokenizer.decode(row) for row in targets[:3].tolist()] == ["bcd", "efg", "hij"]
    assert (inputs.dtype, targets.dtype) == (torch.int64, torch.int64)


def test_a_contiguous_split_has_the_end_of_the_text_to_validate_and_test_on(tmp_path):
    whole = "".join(chr(ord("a") + i // 10) for i in range(100))
    data = text(tmp_path, whole, val_fraction=0.2, block=3)
    assert read(data, "train") == whole[:69]
    # The letters of the end are not among those of the training split.
    assert read(data, "val") == "<unk>" * 18
    assert read(data, "test") == "<unk>" * 9
    assert data.spec.vocabulary == ("<unk>", "a", "b", "c", "d", "e", "f", "g")


def test_chunks_are_picked_from_all_over_the_text_by_the_seed(tmp_path):
    data = text(tmp_path, split="chunks")
    sizes = {name: len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 239, "val": 30, "test": 30}
    whole = data.path.read_text()
    chunks = {whole[i : i + 4] for i in range(0, 1196, 4)}
    assert {read(data, "val")[i : i + 4] for i in range(0, 120, 4)} <= chunks
    assert read(data, "val") == read(text(tmp_path, split="chunks"), "val")
    assert read(data, "val") != read(text(tmp_path, split="chunks", seed=1), "val")


def passages(data: Text, split: str, length: int) -> list[tuple[str, str]]:
    decode = data.language()[0].decode
    found = data.passages(split, length)
    return [(decode(before.tolist()), decode(own.tolist())) for before, own in found]


def test_a_passage_is_behind_a_chunk_that_is_read_before_it(tmp_path):
    data = text(tmp_path, "abcdefghij" * 10, block=4)
    assert passages(data, "test", 6) == [("abcd", "efgh")]  # all that has a chunk before it
    assert passages(data, "train", 6) == [("abcd", "efghij")]
    assert passages(data, "train", 3) == [("abcd", "efg")]


def test_chunks_that_are_not_neighbours_are_passages_of_their_own(tmp_path):
    whole = "".join(ALPHABET[i % 26] + ALPHABET[i // 26] for i in range(200))
    data = text(tmp_path, whole, split="chunks", val_fraction=0.3)
    found = passages(data, "val", 1000)
    assert len(found) > 3
    assert "".join(own for _, own in found) in read(data, "val")
    assert all(before + own in whole for before, own in found)


def test_random_offsets_are_for_training_alone(tmp_path):
    data = text(tmp_path, offsets="random")
    assert isinstance(data.train_dataloader(), WindowLoader)
    assert not isinstance(data.eval_dataloader("train"), WindowLoader)
    assert not isinstance(text(tmp_path).train_dataloader(), WindowLoader)


def test_training_windows_are_of_the_training_split(tmp_path):
    data = text(tmp_path, "ab" * 52 + "c" * 26, offsets="random", block=5)
    tokenizer, _ = data.language()
    for epoch in range(5):
        loader = data.train_dataloader()
        loader.set_epoch(epoch)
        windows = [tokenizer.decode(row) for inputs, _ in loader for row in inputs.tolist()]
        assert set("".join(windows)) == {"a", "b"}
        assert len(windows) == len(data.eval_dataloader("train").inputs)


def test_words_are_learned_by_how_often_they_are_there(tmp_path):
    content = "the fox saw the crow, the crow saw the cheese.\n" * 20
    data = text(tmp_path, content, level="word", min_count=30, lower=True)
    assert data.spec.vocabulary == ("<unk>", "crow", "saw", "the")
    assert read(text(tmp_path, content, level="word"), "test").startswith("the fox saw")


def test_an_evaluation_has_the_vocabulary_of_the_training(tmp_path):
    first = text(tmp_path, "abcd" * 50)
    data = Text(write_tiny(tmp_path), block=4)
    data.go_by(first.fitted)
    data.setup()
    assert data.spec.vocabulary == ("<unk>", "a", "b", "c", "d")
    assert first.language()[1] == data.spec


def test_what_was_fitted_is_enough_to_read_and_write(tmp_path):
    data = text(tmp_path)
    again = Text(tmp_path / "gone", block=4)
    again.go_by(data.fitted)
    assert again.language() == data.language()
    assert again.language()[1] == data.spec


def test_the_fingerprint_is_that_of_the_text(tmp_path):
    one = text(tmp_path, "abcd" * 50)
    assert one.fingerprint == text(tmp_path, "abcd" * 50).fingerprint
    assert one.fingerprint != text(tmp_path, "abcd" * 49 + "abdc").fingerprint


def test_a_text_that_is_too_short_is_refused(tmp_path):
    path = tmp_path / "tiny.txt"
    assert refusal(tmp_path, "abcd", split="chunks") == (
        f"{path}: 4 characters; a chunk of data.block=4 and the next one are 5; "
        "give more text or lower data.block"
    )
    assert refusal(tmp_path, "abcdefgh" * 5, block=8) == (
        f"{path}: 40 characters, of which the val split has 4; a chunk of data.block=8 and the "
        "next one are 9; give more text or lower data.block"
    )
    assert refusal(tmp_path, "one two", level="word", split="chunks") == (
        f"{path}: 2 words; a chunk of data.block=4 and the next one are 5; "
        "give more text or lower data.block"
    )


def test_a_text_of_nothing_frequent_is_refused(tmp_path):
    assert refusal(tmp_path, "abcd" * 50, min_count=100) == (
        f"{tmp_path}/tiny.txt: no token is there 100 times, so there is nothing to know; "
        "lower data.min_count"
    )


def test_arguments_out_of_range_are_refused(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Text("x", block=0, min_count=0)
    assert caught.value.problems == [
        "data.block: 0 is not positive",
        "data.min_count: 0 is not positive",
    ]
    with pytest.raises(ConfigError) as caught:
        Text("x", max_vocabulary=1)
    assert caught.value.problems == [
        "data.max_vocabulary: 1; one token is <unk>, so it is 2 at least"
    ]


class Watch(pl.Callback):
    """Keeps the windows that were trained on."""

    def __init__(self) -> None:
        self.batches: list[list[list[int]]] = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.batches.append(batch[0].tolist())


class Bigram(torch.nn.Module):
    """The next token by the last one alone."""

    def __init__(self, spec) -> None:
        super().__init__()
        self.logits = torch.nn.Embedding(spec.outputs, spec.outputs)

    def forward(self, x):
        return self.logits(x)


def train(folder: Path, save: Path, resume: Path | None = None):
    """Two epochs of nine batches; returns the windows and the weights."""
    pl.seed_everything(0, verbose=False)
    data = text(folder, offsets="random", batch_size=28)
    module = Supervised(Bigram, data.spec, partial(torch.optim.Adam, lr=0.1))
    watch = Watch()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[watch, ModelCheckpoint(save, "{step}", save_top_k=-1, every_n_train_steps=1)],
    )
    trainer.fit(module, data, ckpt_path=resume, weights_only=True)
    return watch.batches, module.net.logits.weight.detach()


@pytest.mark.parametrize("step", [3, 9, 13])
def test_a_training_that_is_resumed_sees_the_remaining_windows(tmp_path, step):
    batches, weights = train(tmp_path, tmp_path / "a")
    assert len(batches) == 18
    rest, resumed = train(tmp_path, tmp_path / "b", tmp_path / "a" / f"step={step}.ckpt")
    assert rest == batches[step:]
    assert torch.equal(resumed, weights)
