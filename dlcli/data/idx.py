"""Image sets in the IDX format: MNIST, Fashion-MNIST, KMNIST."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch

from dlcli.data.examples import Examples, Source
from dlcli.data.fetch import fetch
from dlcli.data.idx_file import read_idx
from dlcli.data.loader import Augmentation
from dlcli.data.memory import Memory
from dlcli.data.normalize import Preprocessing
from dlcli.data.spec import DataSpec
from dlcli.errors import DataError

FILES = {
    ("train", "images"): "train-images-idx3-ubyte",
    ("train", "labels"): "train-labels-idx1-ubyte",
    ("test", "images"): "t10k-images-idx3-ubyte",
    ("test", "labels"): "t10k-labels-idx1-ubyte",
}
NEEDED = f"{', '.join(FILES.values())} (each also as .gz)"


class MNIST(Memory):
    """Handwritten digits (LeCun et al. 1998): 60,000 to train on, 10,000 to test.

    Args:
        root: the folder with the four files, or with torchvision's ``MNIST/raw``.
        download: let torchvision fetch the files into ``root`` where there are none.
        batch_size: and all that follow: as in ``Memory``; the test set is given.
    """

    title = "MNIST"
    classes: tuple[str, ...] = tuple("0123456789")

    def __init__(
        self,
        root: str | Path,
        download: bool = True,
        batch_size: int = 64,
        val_fraction: float = 0.1,
        seed: int = 0,
        augment: Augmentation | None = None,
        device: Literal["auto", "cpu"] = "auto",
        drop_last: bool = False,
        normalize: Preprocessing = "zscore",
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_fraction=val_fraction,
            seed=seed,
            augment=augment,
            device=device,
            drop_last=drop_last,
            normalize=normalize,
        )
        self.root = Path(root)
        self.download = download

    def prepare_data(self) -> None:
        """See that the files are there; one process a machine does this.

        Raises:
            DataError: if they are not, and cannot be downloaded.
        """
        if self._find() is None:
            if not self.download:
                raise DataError(
                    f"data.root: no {self.title} files in {self.root}; put there {NEEDED}, "
                    "or set data.download=true"
                )
            fetch(self.title, self.root, NEEDED)

    def read(self) -> Source:
        """Both sets as they are in the files, images as ``(N, 1, 28, 28)`` bytes."""
        paths = self._find()
        if paths is None:
            raise DataError(f"data.root: no {self.title} files in {self.root}; put there {NEEDED}")
        sets = {
            name: self._examples(paths[name, "images"], paths[name, "labels"])
            for name in ("train", "test")
        }
        spec = DataSpec(
            "image", tuple(sets["train"].inputs.shape[1:]), "class", classes=self.classes
        )
        return Source(str(self.root), spec, sets)

    def _examples(self, images: Path, labels: Path) -> Examples:
        pixels = torch.from_numpy(read_idx(images, dims=3))
        names = torch.from_numpy(read_idx(labels, dims=1)).long()
        if len(pixels) != len(names):
            raise DataError(
                f"{images}: {len(pixels)} images, but {labels.name} has {len(names)} labels"
            )
        if len(names) and int(names.max()) >= len(self.classes):
            raise DataError(
                f"{labels}: label {int(names.max())} with {len(self.classes)} classes "
                f"(0 to {len(self.classes) - 1})"
            )
        return Examples(pixels.unsqueeze(1), names)

    def _find(self) -> dict[tuple[str, str], Path] | None:
        """The four files; None if there is not one of them.

        Raises:
            DataError: if the root is a file, or some of the four are missing.
        """
        if self.root.is_file():
            raise DataError(f"data.root: {self.root} is a file; name the folder that holds it")
        for folder in (self.root, self.root / self.title / "raw", self.root / "raw"):
            found = {key: path for key, name in FILES.items() if (path := present(folder, name))}
            if len(found) == len(FILES):
                return found
            if found:
                missing = [name for key, name in FILES.items() if key not in found]
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


def present(folder: Path, name: str) -> Path | None:
    """The file ``name`` in ``folder``, plain or compressed, with ``-idx`` or ``.idx``."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for path in (folder / spelling, folder / f"{spelling}.gz"):
            if path.is_file():
                return path
    return None
