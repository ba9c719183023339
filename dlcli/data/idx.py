"""Image sets in the IDX format: MNIST, Fashion-MNIST, KMNIST, EMNIST."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from dlcli.data.examples import Examples, Source
from dlcli.data.fetch import patient
from dlcli.data.idx_file import read_idx
from dlcli.data.loader import Augmentation
from dlcli.data.normalize import Preprocessing
from dlcli.data.published import Published
from dlcli.data.spec import DataSpec
from dlcli.errors import DataError

Key = tuple[str, str]
FILES: dict[Key, str] = {
    ("train", "images"): "train-images-idx3-ubyte",
    ("train", "labels"): "train-labels-idx1-ubyte",
    ("test", "images"): "t10k-images-idx3-ubyte",
    ("test", "labels"): "t10k-labels-idx1-ubyte",
}
NEEDED = f"{', '.join(FILES.values())} (each also as .gz)"


class MNIST(Published):
    """Handwritten digits (LeCun et al. 1998): 60,000 to train on, 10,000 to test.

    Args: those of ``Published``: ``root`` is the folder with the four files, or with
        torchvision's ``MNIST/raw``.
    """

    title = "MNIST"
    needed = NEEDED
    classes: tuple[str, ...] = tuple(string.digits)
    names = FILES
    # The label of the first class.
    first = 0

    def read(self) -> Source:
        """Both sets as they are in the files, images as ``(N, 1, 28, 28)`` bytes."""
        paths = self.files()
        sets = {
            name: self._examples(paths[name, "images"], paths[name, "labels"])
            for name in ("train", "test")
        }
        spec = DataSpec(
            "image", tuple(sets["train"].inputs.shape[1:]), "class", classes=self.classes
        )
        return Source(str(self.root), spec, sets)

    def upright(self, pixels: Tensor) -> Tensor:
        """Images ``(N, H, W)`` the right way up."""
        return pixels

    def _examples(self, images: Path, labels: Path) -> Examples:
        pixels = self.upright(torch.from_numpy(read_idx(images, dims=3)))
        names = torch.from_numpy(read_idx(labels, dims=1)).long()
        if len(pixels) != len(names):
            raise DataError(
                f"{images}: {len(pixels)} images, but {labels.name} has {len(names)} labels"
            )
        last = self.first + len(self.classes) - 1
        outside = names[(names < self.first) | (names > last)]
        if len(outside):
            raise DataError(
                f"{labels}: label {int(outside[0])} with {len(self.classes)} classes "
                f"({self.first} to {last})"
            )
        return Examples(pixels.unsqueeze(1), names - self.first)

    def find(self) -> dict[Key, Path] | None:
        """The four files; None if there is not one of them.

        Raises:
            DataError: if some of the four are missing.
        """
        for inner in (".", f"{self.title}/raw", "raw", "gzip"):
            folder = self.root / inner
            found = {
                key: path for key, name in self.names.items() if (path := present(folder, name))
            }
            if len(found) == len(self.names):
                return found
            if found:
                missing = [name for key, name in self.names.items() if key not in found]
                raise DataError(
                    f"data.root: {folder} lacks {', '.join(missing)} (or .gz); "
                    "the other files are there"
                )
        return None


class FashionMNIST(MNIST):
    """Articles of clothing (Xiao et al. 2017), in the files and sizes of MNIST."""

    title = "FashionMNIST"
    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


class KMNIST(MNIST):
    """Cursive Japanese characters (Clanuwat et al. 2018), in the files and sizes of MNIST."""

    title = "KMNIST"
    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")


# Capitals that look like their small letters share a class with them (Cohen et al. 2017).
MERGED = (*string.digits, *string.ascii_uppercase, *"abdefghnqrt")
Split = Literal["balanced", "byclass", "bymerge", "letters", "digits", "mnist"]
CLASSES: dict[Split, tuple[str, ...]] = {
    "balanced": MERGED,
    "byclass": (*string.digits, *string.ascii_uppercase, *string.ascii_lowercase),
    "bymerge": MERGED,
    "letters": tuple(string.ascii_lowercase),
    "digits": tuple(string.digits),
    "mnist": tuple(string.digits),
}


class EMNIST(MNIST):
    """Handwritten letters and digits (Cohen et al. 2017), in files like those of MNIST.

    Args:
        root: the folder with the four files, or with torchvision's ``EMNIST/raw``.
        split: which of the published sets: ``balanced`` (47 classes), ``byclass`` (62),
            ``bymerge`` (47, as many of each as there are), ``letters`` (26), ``digits`` or
            ``mnist`` (10).
        download: and all that follow: as in ``Published``.
    """

    title = "EMNIST"

    def __init__(
        self,
        root: str | Path,
        split: Split = "balanced",
        download: bool = True,
        batch_size: int = 64,
        val_fraction: float = 0.1,
        seed: int = 0,
        augment: Augmentation | None = None,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
        normalize: Preprocessing = "zscore",
        train_size: int | None = None,
    ) -> None:
        super().__init__(
            root,
            download=download,
            batch_size=batch_size,
            val_fraction=val_fraction,
            seed=seed,
            augment=augment,
            device=device,
            drop_last=drop_last,
            normalize=normalize,
            train_size=train_size,
        )
        self.classes = CLASSES[split]
        self.first = 1 if split == "letters" else 0
        self.names = {
            (name, kind): f"emnist-{split}-{name}-{kind}-idx{dims}-ubyte"
            for name in ("train", "test")
            for kind, dims in {"images": 3, "labels": 1}.items()
        }
        self.needed = f"{', '.join(self.names.values())} (each also as .gz)"

    def upright(self, pixels: Tensor) -> Tensor:
        """The files hold each image column by column, which is mirrored along its diagonal."""
        return pixels.transpose(1, 2).contiguous()

    @staticmethod
    def fetcher(title: str, folder: Path) -> None:
        """Fetch all splits into ``folder/title/raw``; torchvision compares the hash."""
        from torchvision import datasets

        with patient():
            datasets.EMNIST(str(folder), split="balanced", download=True)


def present(folder: Path, name: str) -> Path | None:
    """The file ``name`` in ``folder``, plain or compressed, with ``-idx`` or ``.idx``."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for path in (folder / spelling, folder / f"{spelling}.gz"):
            if path.is_file():
                return path
    return None
