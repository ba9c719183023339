"""Labelled signals from the user's files: UCR text, TSV, CSV or .ts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch

from dlcli.data.examples import Examples, Source
from dlcli.data.given import given
from dlcli.data.labels import in_order
from dlcli.data.loader import Augmentation
from dlcli.data.memory import Memory
from dlcli.data.normalize import Preprocessing
from dlcli.data.recordings import Recordings
from dlcli.data.signal_file import read_signals
from dlcli.data.spec import DataSpec
from dlcli.errors import DataError

PLACES = {"train": "data.train", "test": "data.test"}


class Signals(Memory):
    """Signals ``(C, T)`` of one length, and a class each.

    A line of a file is a label and the values of one channel, separated by blanks, tabs, commas
    or semicolons, as in the UCR archive (Dau et al. 2018); or the file is in sktime's .ts format,
    with any number of channels. Either may be compressed by gzip. Labels that are whole numbers
    are named so, however they are written: ``1.0000000e+00`` is ``1``.

    Args:
        train: the file to train on.
        test: the file to test on; None to test on a share of ``train``.
        batch_size: and all that follow: as in ``Memory``.
    """

    def __init__(
        self,
        train: str | Path,
        test: str | Path | None = None,
        batch_size: int = 32,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        seed: int = 0,
        augment: Augmentation | None = None,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
        normalize: Preprocessing = "zscore",
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            seed=seed,
            augment=augment,
            device=device,
            drop_last=drop_last,
            normalize=normalize,
        )
        self.train = Path(train)
        self.test = None if test is None else Path(test)

    def read(self) -> Source:
        """The recordings of one file or both."""
        files = given(PLACES, {"train": self.train, "test": self.test}, bool(self.fitted))
        sets = {name: read_signals(PLACES[name], path) for name, path in files.paths.items()}
        first = next(iter(sets.values()))
        spec = DataSpec("signal", tuple(first.signals.shape[1:]), "class")
        return Source(first.file, spec, sets, files.gone)

    def fit(self, source: Source, train: Recordings) -> dict[str, Any]:
        """The names of the classes, and the shape of a signal.

        Raises:
            DataError: if there is one class.
        """
        classes = in_order(train.labels.tolist())
        if len(classes) < 2:
            raise DataError(
                f"{train.file}: one class, {classes[0]}; there is nothing to tell apart"
            )
        return {"classes": classes, "shape": list(train.signals.shape[1:])}

    def encode(self, part: Recordings, encoding: Mapping[str, Any]) -> Examples:
        """Signals, and each one's class by its place among the names."""
        channels, length = part.signals.shape[1:]
        if [channels, length] != encoding["shape"]:
            raise DataError(
                f"{part.file}: signals of {channels} x {length} (channels x values), but those "
                f"trained on are of {' x '.join(map(str, encoding['shape']))}"
            )
        index = {name: place for place, name in enumerate(encoding["classes"])}
        for label, line in zip(part.labels.tolist(), part.lines.tolist(), strict=True):
            if label not in index:
                raise DataError(
                    f"{part.file}:{line}: class {label!r} is not among those trained on: "
                    f"{', '.join(index)}"
                )
        return Examples(part.signals, torch.tensor([index[name] for name in part.labels.tolist()]))

    def describe(self, spec: DataSpec, encoding: Mapping[str, Any]) -> DataSpec:
        """With the shape and the classes that were trained on."""
        return replace(spec, shape=tuple(encoding["shape"]), classes=tuple(encoding["classes"]))
