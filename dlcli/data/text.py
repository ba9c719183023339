"""Texts to learn to write: one file, by characters or by words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from dlcli.data.examples import Examples, Source
from dlcli.data.loader import Augmentation, TensorLoader
from dlcli.data.memory import Memory, Split
from dlcli.data.spec import DataSpec
from dlcli.data.stream import Chunks, Stream, TextExamples, consecutive, stream
from dlcli.data.text_file import check_encoding, read_text
from dlcli.data.tokenizer import Level, Tokenizer, fit_tokenizer, restored
from dlcli.data.window_loader import WindowLoader
from dlcli.errors import ConfigError, DataError

Cut = Literal["contiguous", "chunks"]
Offsets = Literal["fixed", "random"]


class Corpus(Memory):
    """One long text, cut into chunks; the target of each token is the next one.

    Args:
        level: what a token is: a character, or a word.
        block: the tokens of a chunk.
        split: ``contiguous`` trains on the beginning of the text, validates behind that and tests
            on the end; ``chunks`` validates and tests on chunks picked from all over it.
        offsets: ``fixed`` trains on the same chunks every epoch; ``random`` on as many windows
            of the same tokens that begin at other places every epoch.
        min_count: tokens that are rarer in the training split are ``<unk>``.
        max_vocabulary: the most tokens to know, ``<unk>`` included; None for all.
        lower: read capitals as small letters.
        batch_size: and all that follow: as in ``Memory``.

    Raises:
        ConfigError: if an argument is out of range.
    """

    def __init__(
        self,
        level: Level = "char",
        block: int = 64,
        split: Cut = "contiguous",
        offsets: Offsets = "fixed",
        min_count: int = 1,
        max_vocabulary: int | None = None,
        lower: bool = False,
        batch_size: int = 64,
        val_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            seed=seed,
            device=device,
            drop_last=drop_last,
            normalize="none",
        )
        check_positive(block=block, min_count=min_count)
        if max_vocabulary is not None and max_vocabulary < 2:
            raise ConfigError(
                f"data.max_vocabulary: {max_vocabulary}; one token is <unk>, so it is 2 at least"
            )
        self.level: Level = level
        self.block = block
        self.cut = split
        self.offsets = offsets
        self.min_count = min_count
        self.max_vocabulary = max_vocabulary
        self.lower = lower

    @abstractmethod
    def load(self) -> tuple[str, str]:
        """What to call the text in messages, and the text.

        Raises:
            DataError: if it cannot be read.
        """

    def read(self) -> Source:
        """The text in chunks: of each split, or all of it where chunks are to be picked.

        Raises:
            DataError: if the text is too short for one chunk of each split.
        """
        name, text = self.load()
        whole = stream(text, self.level, self.lower)
        spans = self._spans(whole) if self.cut == "contiguous" else {"train": whole}
        for split, span in spans.items():
            self._check_length(name, split if len(spans) > 1 else "text", len(span), len(whole))
        sets = {split: consecutive(span, self.block) for split, span in spans.items()}
        return Source(name, DataSpec("tokens", (self.block,), "next_token"), sets)

    def fit(self, source: Source, train: Chunks) -> dict[str, Any]:
        """The vocabulary of the training split."""
        counts, most = train.counts(), self.max_vocabulary
        tokenizer = fit_tokenizer(
            counts, self.level, self.lower, min_count=self.min_count, most=most
        )
        if len(tokenizer.vocabulary) < 2:
            raise DataError(
                f"{source.name}: no token is there {self.min_count} times, so there is nothing to "
                "know; lower data.min_count"
            )
        return {**tokenizer.state(), "block": self.block}

    def encode(self, part: Chunks, encoding: Mapping[str, Any]) -> Examples:
        """Chunks by their indices in the vocabulary."""
        return part.examples(restored(encoding))

    def describe(self, spec: DataSpec, encoding: Mapping[str, Any]) -> DataSpec:
        """The spec with the vocabulary."""
        return replace(spec, vocabulary=tuple(encoding["vocabulary"]))

    def language(self) -> tuple[Tokenizer, DataSpec]:
        """How to read and write the text and what a model of it was built for, without the text.

        Goes by what was fitted; see ``go_by``.
        """
        encoding = self.fitted["encoding"]
        spec = DataSpec("tokens", (encoding["block"],), "next_token")
        return restored(encoding), self.describe(spec, encoding)

    def passages(self, split: Split, length: int) -> list[tuple[Tensor, Tensor]]:
        """Passages of a split and what is before each: see ``TextExamples``."""
        examples = self._placed(split)
        assert isinstance(examples, TextExamples)
        return examples.passages(length)

    def _spans(self, whole: Stream) -> dict[str, Stream]:
        test = len(whole) - round(self.test_fraction * len(whole))
        val = test - round(self.val_fraction * len(whole))
        return {
            "train": whole.span(0, val),
            "val": whole.span(val, test),
            "test": whole.span(test, len(whole)),
        }

    def _check_length(self, name: str, split: str, length: int, whole: int) -> None:
        unit = {"char": "characters", "word": "words"}[self.level]
        if length > self.block:
            return
        where = "" if split == "text" else f", of which the {split} split has {length}"
        raise DataError(
            f"{name}: {whole} {unit}{where}; a chunk of data.block={self.block} and the next one "
            f"are {self.block + 1}; give more text or lower data.block"
        )

    def _loader(
        self,
        split: Split,
        batch_size: int,
        shuffle: bool = False,
        augment: Augmentation | None = None,
        drop_last: bool = False,
    ) -> TensorLoader:
        if not shuffle or self.offsets == "fixed":
            return super()._loader(split, batch_size, shuffle, augment, drop_last)
        examples = self._placed(split)
        assert isinstance(examples, TextExamples)
        return WindowLoader(
            examples, batch_size, seed=self.seed, drop_last=drop_last, shard=self._shard()
        )


class Text(Corpus):
    """A text file.

    Args:
        path: of the file.
        encoding: Python's name of the file's encoding; ``auto`` is UTF-8, or what the file's
            first bytes say, or else what it looks most like, with a warning.
        level: and all that follow: as in ``Corpus``.

    Raises:
        ConfigError: if an argument is out of range.
    """

    def __init__(
        self,
        path: str | Path,
        encoding: str = "auto",
        level: Level = "char",
        block: int = 64,
        split: Cut = "contiguous",
        offsets: Offsets = "fixed",
        min_count: int = 1,
        max_vocabulary: int | None = None,
        lower: bool = False,
        batch_size: int = 64,
        val_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
    ) -> None:
        super().__init__(
            level,
            block,
            split,
            offsets,
            min_count,
            max_vocabulary,
            lower,
            batch_size,
            val_fraction,
            test_fraction,
            seed,
            device,
            drop_last,
        )
        check_encoding(encoding)
        self.path = Path(path)
        self.encoding = encoding

    def load(self) -> tuple[str, str]:
        """The file, decoded."""
        return str(self.path), read_text(self.path, self.encoding, "data.path")


def check_positive(**arguments: int | None) -> None:
    """Refuse (ConfigError) arguments of the data that are given and not positive."""
    problems = [
        f"data.{name}: {value} is not positive"
        for name, value in arguments.items()
        if value is not None and value < 1
    ]
    if problems:
        raise ConfigError(problems)
