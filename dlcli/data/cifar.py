"""Small photographs: CIFAR-10 and CIFAR-100."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dlcli.data.cifar_file import AGAIN, Batch, read_pickle, read_records
from dlcli.data.examples import Examples, Source
from dlcli.data.fetch import patient
from dlcli.data.published import Published
from dlcli.data.spec import DataSpec
from dlcli.errors import DataError

CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Layout:
    """One of the forms in which a set is published.

    Args:
        folder: that holds the files.
        archive: that holds the folder.
        sets: the files of each set.
    """

    folder: str
    archive: str
    sets: Mapping[str, tuple[str, ...]]

    @property
    def files(self) -> tuple[str, ...]:
        """The files of all sets."""
        return tuple(name for names in self.sets.values() for name in names)


class CIFAR10(Published):
    """Photographs of ten things (Krizhevsky 2009): 50,000 to train on, 10,000 to test.

    Args: those of ``Published``: ``root`` holds ``cifar-10-batches-py``, ``cifar-10-batches-bin``
        or one of their archives as ``.tar.gz``, or is one of these folders itself.
    """

    title = "CIFAR10"
    pickles = Layout(
        "cifar-10-batches-py",
        "cifar-10-python.tar.gz",
        {"train": tuple(f"data_batch_{n}" for n in range(1, 6)), "test": ("test_batch",)},
    )
    records = Layout(
        "cifar-10-batches-bin",
        "cifar-10-binary.tar.gz",
        {"train": tuple(f"data_batch_{n}.bin" for n in range(1, 6)), "test": ("test_batch.bin",)},
    )
    needed = "cifar-10-batches-py or cifar-10-batches-bin (each also as .tar.gz)"
    # The labels' name in a pickle, and how many label bytes a record has.
    key = "labels"
    label_bytes = 1
    classes: tuple[str, ...] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )

    def read(self) -> Source:
        """Both sets, images as ``(N, 3, 32, 32)`` bytes."""
        form, place = next(iter(self.files().items()))
        layout = self._layouts()[form]
        with unpacked(place, layout) as folder:
            sets = {
                name: self._examples([self._read(form, folder / file) for file in files], place)
                for name, files in layout.sets.items()
            }
        spec = DataSpec("image", (3, 32, 32), "class", classes=self.classes)
        return Source(str(self.root), spec, sets)

    def _read(self, form: str, path: Path) -> Batch:
        if form == "records":
            return read_records(path, self.label_bytes)
        return read_pickle(path, self.key)

    def _examples(self, batches: list[Batch], place: Path) -> Examples:
        pixels = np.concatenate([batch[0] for batch in batches])
        labels = np.concatenate([batch[1] for batch in batches])
        outside = labels[(labels < 0) | (labels >= len(self.classes))]
        if len(outside):
            raise DataError(
                f"{place}: label {outside[0]} with {len(self.classes)} classes "
                f"(0 to {len(self.classes) - 1})"
            )
        return Examples(torch.from_numpy(pixels), torch.from_numpy(labels))

    def _layouts(self) -> dict[str, Layout]:
        return {"pickles": self.pickles, "records": self.records}

    def find(self) -> dict[str, Path] | None:
        """The folder or the archive by its form, folders first; None if there is none.

        Raises:
            DataError: if a folder lacks some of its files.
        """
        for base in (self.root, self.root / self.title):
            for form, layout in self._layouts().items():
                for folder in (base / layout.folder, base):
                    if complete(folder, layout):
                        return {form: folder}
            for form, layout in self._layouts().items():
                if (base / layout.archive).is_file():
                    return {form: base / layout.archive}
        return None

    @classmethod
    def fetcher(cls, title: str, folder: Path) -> None:
        """Fetch the archive into ``folder/title`` and unpack it; torchvision compares the hash."""
        from torchvision import datasets
        from torchvision.datasets.utils import download_and_extract_archive

        known = getattr(datasets, title)
        with patient():
            # Its own class would also read the files, by a way that can run code.
            download_and_extract_archive(
                known.url, str(folder / title), filename=known.filename, md5=known.tgz_md5
            )


THINGS = (
    # the hundred classes, in the order of their labels
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge "
    "bus butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud "
    "cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox "
    "girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster "
    "man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter "
    "palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit "
    "raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake "
    "spider squirrel streetcar sunflower sweet_pepper table tank telephone television "
    "tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)


class CIFAR100(CIFAR10):
    """Photographs of a hundred things (Krizhevsky 2009), in the sizes of CIFAR-10.

    Args: those of ``CIFAR10``, with ``cifar-100-python`` and ``cifar-100-binary``.
    """

    title = "CIFAR100"
    pickles = Layout(
        "cifar-100-python", "cifar-100-python.tar.gz", {"train": ("train",), "test": ("test",)}
    )
    records = Layout(
        "cifar-100-binary",
        "cifar-100-binary.tar.gz",
        {"train": ("train.bin",), "test": ("test.bin",)},
    )
    needed = "cifar-100-python or cifar-100-binary (each also as .tar.gz)"
    key = "fine_labels"
    # of the group of classes, then of the class
    label_bytes = 2
    classes = tuple(THINGS.split())


def complete(folder: Path, layout: Layout) -> bool:
    """Whether the folder holds the files of the layout; none of them is no error.

    Raises:
        DataError: if it holds some and lacks others.
    """
    missing = [name for name in layout.files if not (folder / name).is_file()]
    if not missing:
        return True
    if folder.name == layout.folder and len(missing) < len(layout.files):
        raise DataError(
            f"data.root: {folder} lacks {', '.join(missing)}; the other files are there"
        )
    return False


@contextmanager
def unpacked(place: Path, layout: Layout) -> Iterator[Path]:
    """The folder itself, or the archive's files of the layout in a temporary one.

    Raises:
        DataError: if the archive is damaged or lacks a file.
    """
    if place.is_dir():
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="dlcli-cifar-") as folder:
        try:
            with gzip.open(place) as packed:
                with tarfile.open(fileobj=packed) as archive:
                    for name in layout.files:
                        _unpack(archive, f"{layout.folder}/{name}", Path(folder))
                while packed.read(CHUNK):  # The checksum is at the end, behind what tarfile reads.
                    pass
        except KeyError as error:
            raise DataError(f"{place}: lacks {layout.folder}/{name}; fetch it again") from error
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise DataError(
                f"{place}: the archive is cut off or damaged ({error}); {AGAIN}"
            ) from error
        yield Path(folder) / layout.folder


def _unpack(archive: tarfile.TarFile, name: str, folder: Path) -> None:
    """Write one file; never what is none, which tarfile's own filters see to from 3.11.4 on alone.

    Raises:
        KeyError: the archive has nothing of this name.
        TarError: it has, and that is no file.
    """
    content = archive.extractfile(name)
    if content is None:
        raise tarfile.ExtractError(f"{name} is no file")
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
