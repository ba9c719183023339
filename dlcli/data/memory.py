"""The DataModule of every data set that fits in memory as tensors."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import cached_property, partial
from typing import Any, Literal

import pytorch_lightning as pl
from torch import Tensor

from dlcli.data.check import check_arguments, check_examples, check_sizes
from dlcli.data.examples import Examples, Source
from dlcli.data.loader import Augmentation, Shard, TensorLoader
from dlcli.data.normalize import (
    Normalizer,
    Preprocessing,
    bounds,
    fit_normalizer,
    image_dims,
    restore_normalizer,
)
from dlcli.data.partition import Partition, known_sets
from dlcli.data.place import best_device
from dlcli.data.spec import DataSpec
from dlcli.data.tokenizer import trimmed
from dlcli.errors import DataError

Split = Literal["train", "val", "test"]

# Evaluation keeps no gradients, so small training batches need not set its pace.
LEAST_EVALUATION_BATCH = 256
SET_UP = "_source _parts _splits _encoding _spec _normalizer fitted _is_set_up"  # by setup


class Memory(pl.LightningDataModule, ABC):
    """Splits, checks, normalises and batches what ``read`` returns.

    Args:
        batch_size: examples in a training batch, over all processes together.
        val_fraction: the share of the examples to validate on, if ``read`` gives no ``val``.
        test_fraction: the share of the examples to test on, if ``read`` gives no ``test``.
        seed: what the splits, the order and the augmentation come from.
        augment: changes training batches at random.
        device: ``auto`` keeps the tensors on the GPU that trains, where they take less than
            a quarter of its free memory; ``cpu`` never does.
        drop_last: leave out a last training batch that is not full.
        normalize: how raw inputs are made fit for a net: ``none``, ``minmax`` (to [0, 1]),
            ``zscore`` (mean 0, deviation 1), ``zca`` (whitened); fitted on the training split.
        train_size: how many examples of the training split to train on, each class with its
            share; None for all.

    Raises:
        ConfigError: if an argument is out of range.
    """

    def __init__(
        self,
        batch_size: int = 32,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        seed: int = 0,
        augment: Augmentation | None = None,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
        normalize: Preprocessing = "zscore",
        train_size: int | None = None,
    ) -> None:
        super().__init__()
        check_arguments(batch_size, val_fraction, test_fraction, device, normalize)
        self.batch_size = batch_size
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.seed = seed
        self.augment = augment
        self.device = device
        self.drop_last = drop_last
        self.normalize = normalize
        self.train_size = train_size
        self.fitted: dict[str, Any] = {}
        self._is_set_up = False
        self._train_loader: TensorLoader | None = None
        self._train_state: dict[str, int] = {}

    @abstractmethod
    def read(self) -> Source:
        """All examples, raw, with a ``train`` set at least.

        Where ``fitted`` is that of a training to go by, a set whose file is gone may lack.

        Raises:
            DataError: if they cannot be read.
        """

    def fit(self, source: Source, train: Any) -> dict[str, Any]:
        """What raw examples are encoded by, fitted on the training split.

        Returns:
            Plain containers, numbers, texts and tensors: they are stored in every checkpoint.
        """
        return {}

    def encode(self, part: Any, encoding: Mapping[str, Any]) -> Examples:
        """Raw examples as tensors, by what was fitted.

        Raises:
            DataError: if there is something in them that the training split did not have.
        """
        examples: Examples = part
        return examples

    def describe(self, spec: DataSpec, encoding: Mapping[str, Any]) -> DataSpec:
        """The spec of the encoded examples."""
        return spec

    @property
    def spec(self) -> DataSpec:
        """What the data set tells a model about itself."""
        return self._spec

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of all examples, in hexadecimal, however they are split."""
        sums = list(self.fitted["sets"].values())
        return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()

    def go_by(self, fitted: Mapping[str, Any]) -> None:
        """Use what was fitted in another training, instead of fitting it again.

        Args:
            fitted: the ``fitted`` of a data module like this one.
        """
        self.fitted = dict(fitted)

    def take_over(self, other: Memory) -> None:
        """Use what a data module has set up that differs in nothing but how it makes batches."""
        check_sizes({name: len(part) for name, part in other._parts.items()}, self)
        for name in SET_UP.split():
            setattr(self, name, getattr(other, name))

    def setup(self, stage: str | None = None) -> None:
        """Read, check, split and encode, once.

        With a training to go by, a split is not encoded before it is asked for.

        Raises:
            DataError: if the data is damaged, empty, or does not fit its own description.
        """
        if self._is_set_up:
            return
        known = dict(self.fitted)
        self._source = source = self.read()
        ready = {name: part for name, part in source.sets.items() if isinstance(part, Examples)}
        check_examples(source.name, source.spec, ready)
        cut = Partition(self.val_fraction, self.test_fraction, self.seed, self.train_size)
        sums = source.fingerprints()
        self._parts = cut.splits(source, known_sets(known.get("sets", {}), sums))
        check_sizes({name: len(part) for name, part in self._parts.items()}, self)
        self._splits: dict[str, Examples] = {}
        self._encoding = known["encoding"] if known else self.fit(source, self._parts["train"])
        self._spec = self.describe(source.spec, self._encoding)
        if not known:
            self._splits = {name: self._encoded(name) for name in self._parts}
        self._normalizer = self._fit_normalizer(known.get("normalize"))
        low, high = known.get("bounds") or self._bounds()
        self._spec = replace(self._spec, low=low, high=high)
        self.fitted = {
            "encoding": self._encoding,
            "normalize": self._normalizer.state() if self._normalizer else {},
            "bounds": [low, high],
            "sets": sums,
            "partition": asdict(cut),
        }
        self._is_set_up = True

    def train_dataloader(self) -> TensorLoader:
        """Shuffled, augmented batches of this process's share of the training split."""
        self._train_loader = self._loader(
            "train",
            self.batch_size,
            shuffle=True,
            augment=self.augment,
            drop_last=self.drop_last,
        )
        if self._train_state:
            self._train_loader.load_state_dict(self._train_state)
        return self._train_loader

    def val_dataloader(self) -> TensorLoader:
        """The validation split, in order."""
        return self.eval_dataloader("val")

    def test_dataloader(self) -> TensorLoader:
        """The test split, in order."""
        return self.eval_dataloader("test")

    def eval_dataloader(self, split: Split) -> TensorLoader:
        """A split as it is, in order, without augmentation.

        Raises:
            DataError: if it is gone.
        """
        return self._loader(split, max(self.batch_size, LEAST_EVALUATION_BATCH))

    def state_dict(self) -> dict[str, Any]:
        """The batch size and where the training loader is, for Lightning's checkpoints.

        Lightning saves this of a loader too, but forgets to restore it when a schedule that
        counts steps had the loader made before the checkpoint was read.
        """
        if self._train_loader is None:
            return {}
        return {
            "batch_size": self.batch_size,  # Lightning's finder may have changed it
            "train_loader": self._train_loader.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Let the training loader go on from there, made already or not."""
        self.batch_size = state_dict.get("batch_size", self.batch_size)
        self._train_state = state_dict.get("train_loader", {})
        if self._train_loader is not None and self._train_state:
            self._train_loader.load_state_dict(self._train_state)

    def _loader(
        self,
        split: Split,
        batch_size: int,
        shuffle: bool = False,
        augment: Augmentation | None = None,
        drop_last: bool = False,
    ) -> TensorLoader:
        examples = self._placed(split)
        return TensorLoader(
            examples.inputs,
            examples.targets,
            batch_size,
            seed=self.seed,
            shuffle=shuffle,
            augment=augment,
            prepare=self._prepare(),
            drop_last=drop_last,
            shard=self._shard(),
        )

    def _shard(self) -> Shard:
        trainer = self.trainer
        return Shard() if trainer is None else Shard(trainer.global_rank, trainer.world_size)

    def _encoded(self, split: str) -> Examples:
        """A split as tensors.

        Raises:
            DataError: if it is gone, or is not what it should be.
        """
        if split not in self._parts:
            raise DataError(self._source.without(split))
        part = self._parts[split]
        examples = self.encode(part, self._encoding)
        if examples is not part:
            check_examples(self._source.name, self._spec, {split: examples})
        return examples

    def _placed(self, split: str) -> Examples:
        """A split as tensors, on the GPU that trains if all splits fit there well."""
        if split not in self._splits:
            self._splits[split] = self._encoded(split)
        held = self._splits[split].inputs.device
        here = self.device == "cpu"
        device = held if here else best_device(held, self.trainer, self._splits.values())
        if device != held:
            self._splits = {name: part.to(device) for name, part in self._splits.items()}
            if self._normalizer is not None:
                self._normalizer = self._normalizer.to(device)
        return self._splits[split]

    def _fit_normalizer(self, state: Mapping[str, Tensor] | None) -> Normalizer | None:
        if self._spec.kind == "tokens":
            return None
        if state is not None:
            return restore_normalizer(self.normalize, state)
        train = self._splits["train"].inputs
        return fit_normalizer(self.normalize, train, image_dims(train))

    def _bounds(self) -> tuple[float, float]:
        if self._normalizer is None:
            return self._spec.low, self._spec.high
        train = self._splits["train"].inputs
        return bounds(self._normalizer, train, image_dims(train))

    def _prepare(self) -> Callable[[Tensor], Tensor] | None:
        """What a batch of inputs goes through before a net reads it."""
        if self._spec.padding is None:
            return self._normalizer
        return partial(trimmed, padding=self._spec.padding)
