"""A user's own images: a folder for each class."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import psutil
import torch

from dlcli.data.examples import Examples, Source
from dlcli.data.image_file import CHANNELS, UNREADABLE, Mode, is_grey, read_image
from dlcli.data.image_tree import Classes, Tree, find_images, listed
from dlcli.data.loader import Augmentation
from dlcli.data.memory import Memory
from dlcli.data.normalize import Preprocessing
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, DataError

Result = TypeVar("Result")
# What is read, and the splits that are cut from it.
COPIES = 2


class ImageFolder(Memory):
    """Images of any format and size in a folder for each class, kept in memory as bytes.

    Args:
        root: holds ``train`` beside ``val`` or ``test``, each with a folder for every class; or
            the folders of the classes, to be split.
        size: the side, in pixels, of the square that each image becomes: its shorter side is
            brought to it, and the middle is kept.
        mode: ``grey``, ``rgb``, or ``auto``: grey where no image to train on has colours.
        on_error: whether a file that is not an image is refused, or skipped with a warning.
        batch_size: and all that follow: as in ``Memory``.

    Raises:
        ConfigError: if an argument is out of range.
    """

    def __init__(
        self,
        root: str | Path,
        size: int = 64,
        mode: Literal["auto", "grey", "rgb"] = "auto",
        on_error: Literal["refuse", "skip"] = "refuse",
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
        super().__init__(
            batch_size=batch_size,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            seed=seed,
            augment=augment,
            device=device,
            drop_last=drop_last,
            normalize=normalize,
            train_size=train_size,
        )
        check(size, mode, on_error)
        self.root = Path(root)
        self.size = size
        self.mode = mode
        self.on_error = on_error
        self._encoded_by: dict[str, Any] = {}

    def fit(self, source: Source, train: Any) -> dict[str, Any]:
        """The classes and the mode, which another set of images has to go by."""
        return self._encoded_by

    def read(self) -> Source:
        """All images as ``(N, C, size, size)`` bytes.

        Raises:
            DataError: if the folder is not what it should be, a file is refused, or the images
                do not fit in memory.
        """
        known = self.fitted.get("encoding", {})
        tree = find_images(self.root, known.get("classes", ()))
        self._encoded_by = dict(known or self._encode(tree))
        mode, classes = self._encoded_by["mode"], tree.classes
        check_known(tree)
        check_memory(tree, self.size, CHANNELS[mode])
        sets = {name: self._decode(files, classes, mode) for name, files in tree.sets.items()}
        spec = DataSpec("image", (CHANNELS[mode], self.size, self.size), "class", classes=classes)
        lacking = [name for name in self.fitted.get("sets", ()) if name not in sets]
        gone = {name: f"data.root: {self.root} has no {name}" for name in lacking}
        return Source(str(self.root), spec, sets, gone)

    def _encode(self, tree: Tree) -> dict[str, Any]:
        if self.mode != "auto":
            return {"classes": list(tree.classes), "mode": self.mode}
        files = [file for files in tree.sets["train"].values() for file in files]
        grey = [found for found in threaded(is_grey, files) if not isinstance(found, Exception)]
        return {"classes": list(tree.classes), "mode": "grey" if all(grey) and grey else "rgb"}

    def _decode(self, files: Classes, classes: Sequence[str], mode: Mode) -> Examples:
        paths = [path for name in classes for path in files.get(name, ())]
        labels = [label for label, name in enumerate(classes) for _ in files.get(name, ())]
        pixels = np.empty((len(paths), CHANNELS[mode], self.size, self.size), dtype=np.uint8)

        def place(index: int) -> None:
            pixels[index] = read_image(paths[index], self.size, mode)

        results = threaded(place, range(len(paths)))
        bad = {
            paths[index]: error
            for index, error in enumerate(results)
            if isinstance(error, Exception)
        }
        examples = Examples(torch.from_numpy(pixels), torch.tensor(labels))
        if not bad:
            return examples
        self._complain(bad)
        check_left(files, bad)
        kept = [index for index, path in enumerate(paths) if path not in bad]
        return examples.take(torch.tensor(kept, dtype=torch.int64))

    def _complain(self, bad: Mapping[Path, Exception]) -> None:
        names = listed(f"{path} ({reason(error)})" for path, error in bad.items())
        if self.on_error == "skip":
            warnings.warn(f"skipped {counted(len(bad))}: {names}", stacklevel=2)
            return
        them = "it" if len(bad) == 1 else "them"
        raise DataError(
            f"data.root: {counted(len(bad))}: {names}; remove {them}, or set data.on_error=skip"
        )


def threaded(work: Callable[[Any], Result], things: Sequence[Any]) -> list[Result | Exception]:
    """What ``work`` makes of each, or the error of an unreadable file, by as many threads as cores.

    Pillow lets other threads work while it decodes.
    """

    def attempt(thing: Any) -> Result | Exception:
        try:
            return work(thing)
        except UNREADABLE as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(attempt, things))


def check(size: int, mode: str, on_error: str) -> None:
    """Raise ConfigError with every argument that is out of range."""
    problems = [] if size >= 1 else [f"data.size: {size} is not positive; it is a side in pixels"]
    choices = {
        "mode": (mode, ("auto", "grey", "rgb")),
        "on_error": (on_error, ("refuse", "skip")),
    }
    for name, (chosen, known) in choices.items():
        if chosen not in known:
            problems.append(f"data.{name}: {chosen!r} is not one of {', '.join(known)}")
    if problems:
        raise ConfigError(problems)


def check_known(tree: Tree) -> None:
    """Raise DataError for a class that the model is not trained on."""
    found = {name for classes in tree.sets.values() for name in classes}
    strange = sorted(found - set(tree.classes))
    if strange:
        raise DataError(
            f"data.root: {tree.root} has the class {', '.join(strange)}, which the model was not "
            f"trained on; its classes are {', '.join(tree.classes)}"
        )


def check_left(files: Classes, bad: Container[Path]) -> None:
    """Raise DataError if there is a class of which no image can be read."""
    lost = [name for name, paths in files.items() if paths and all(path in bad for path in paths)]
    if lost:
        raise DataError(f"data.root: no image can be read of the class {', '.join(lost)}")


def check_memory(tree: Tree, size: int, channels: int) -> None:
    """Raise DataError if the images would not fit in the memory that is free."""
    count = sum(len(files) for classes in tree.sets.values() for files in classes.values())
    needed = COPIES * count * channels * size**2
    free = psutil.virtual_memory().available
    if needed > free:
        raise DataError(
            f"data.size: {count:,} images of {channels}x{size}x{size} take "
            f"{needed / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB are free; "
            "choose a smaller data.size or fewer images"
        )


def counted(files: int) -> str:
    """So many files, in words."""
    return "1 file that is not an image" if files == 1 else f"{files} files that are not images"


def reason(error: Exception) -> str:
    """Why a file is unreadable, without its path."""
    if type(error).__name__ == "UnidentifiedImageError":
        return "of no known format"
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
