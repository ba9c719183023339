"""The DataModule of every data set that fits in memory as tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor

from dlcli.data.check import check_arguments, check_examples, check_sizes
from dlcli.data.examples import Examples, Part, Source
from dlcli.data.loader import Augmentation, Shard, TensorLoader
from dlcli.data.normalize import (
    Normalizer,
    Preprocessing,
    bounds,
    fit_normalizer,
    restore_normalizer,
)
from dlcli.data.spec import DataSpec
from dlcli.data.split import plain, share_of, stratified

Split = Literal["train", "val", "test"]

# Evaluation keeps no gradients, so small training batches need not set its pace.
LEAST_EVALUATION_BATCH = 256


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
        self._train_loader: TensorLoader | None = None
        self._train_state: dict[str, int] = {}

    @abstractmethod
    def read(self) -> Source:
        """All examples, raw, with a ``train`` set at least.

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
        return self._source.fingerprint()

    def go_by(self, fitted: Mapping[str, Any]) -> None:
        """Use what was fitted in another training, instead of fitting it again.

        Args:
            fitted: the ``fitted`` of a data module like this one.
        """
        self.fitted = dict(fitted)

    def setup(self, stage: str | None = None) -> None:
        """Read, check, split and encode, once.

        Raises:
            DataError: if the data is damaged, empty, or does not fit its own description.
        """
        if hasattr(self, "_splits"):
            return
        source = self.read()
        ready = {name: part for name, part in source.sets.items() if isinstance(part, Examples)}
        check_examples(source.name, source.spec, ready)
        parts = self._split(source)
        check_sizes({name: len(part) for name, part in parts.items()}, self)
        known = dict(self.fitted)
        encoding = known["encoding"] if known else self.fit(source, parts["train"])
        splits = {name: self.encode(part, encoding) for name, part in parts.items()}
        spec = self.describe(source.spec, encoding)
        if not ready:
            check_examples(source.name, spec, splits)
        self._source = source
        self._normalizer = self._fit_normalizer(spec, splits["train"], known.get("normalize"))
        low, high = known.get("bounds") or self._bounds(spec, splits["train"])
        self._spec = replace(spec, low=low, high=high)
        self.fitted = {
            "encoding": encoding,
            "normalize": self._normalizer.state() if self._normalizer else {},
            "bounds": [low, high],
        }
        self._splits = splits

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
        """A split as it is, in order, without augmentation."""
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
        self._place()
        examples = self._splits[split]
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

    def _place(self) -> None:
        """Move the splits to the GPU that trains, once, if they fit well."""
        device = self._best_device()
        if device == self._splits["train"].inputs.device:
            return
        self._splits = {name: part.to(device) for name, part in self._splits.items()}
        if self._normalizer is not None:
            self._normalizer = self._normalizer.to(device)

    def _best_device(self) -> torch.device:
        held = self._splits["train"].inputs.device
        if self.device == "cpu" or self.trainer is None or held.type == "cuda":
            return held
        root = self.trainer.strategy.root_device
        if root.type != "cuda":
            return held
        free, _ = torch.cuda.mem_get_info(root)
        needed = sum(part.nbytes for part in self._splits.values())
        return root if needed < free / 4 else held

    def _fit_normalizer(
        self, spec: DataSpec, train: Examples, state: Mapping[str, Tensor] | None
    ) -> Normalizer | None:
        if spec.kind == "tokens":
            return None
        if state is not None:
            return restore_normalizer(self.normalize, state)
        return fit_normalizer(self.normalize, train.inputs, image_dims(train.inputs))

    def _bounds(self, spec: DataSpec, train: Examples) -> tuple[float, float]:
        if self._normalizer is None:
            return spec.low, spec.high
        return bounds(self._normalizer, train.inputs, image_dims(train.inputs))

    def _prepare(self) -> Callable[[Tensor], Tensor] | None:
        """What a batch of inputs goes through before a net reads it."""
        if self._spec.padding is None:
            return self._normalizer
        return partial(trimmed, padding=self._spec.padding)

    def _split(self, source: Source) -> dict[str, Part]:
        """The sets that were read, and those that are cut from the training set."""
        fractions = {"test": self.test_fraction, "val": self.val_fraction}
        missing = {name: part for name, part in fractions.items() if name not in source.sets}
        train = source.sets["train"]
        cut = self._cut(source, train, missing)
        rest = cut.pop("rest")
        if self.train_size is not None:
            share = share_of(self.train_size, len(rest))
            rest = self._cut(source, rest, {"kept": share})["kept"]
        return {**source.sets, **cut, "train": rest}

    def _cut(self, source: Source, part: Part, fractions: Mapping[str, float]) -> dict[str, Part]:
        """The named shares of a part, and the rest."""
        if source.spec.target == "class":
            indices = stratified(part.targets, fractions, self.seed)
        else:
            indices = plain(len(part), fractions, self.seed)
        return {name: part.take(chosen) for name, chosen in indices.items()}


def trimmed(tokens: Tensor, padding: int) -> Tensor:
    """Texts ``(B, T)`` without the last places that are padding in all of them; at least one."""
    used = (tokens != padding).any(0).nonzero()
    return tokens[:, : int(used.max()) + 1] if len(used) else tokens[:, :1]


def image_dims(inputs: Tensor) -> tuple[int, ...]:
    """The dimensions to average over: all but the channels of images, the examples of vectors."""
    return (0, *range(2, inputs.ndim))
