"""Data sets that are published as files, which a user puts in a folder or has downloaded."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from dlcli.data.fetch import Download, fetch, torchvision_download
from dlcli.data.loader import Augmentation
from dlcli.data.memory import Memory
from dlcli.data.normalize import Preprocessing
from dlcli.errors import DataError


class Published(Memory):
    """Finds the files of a published data set, or downloads them.

    Args:
        root: the folder with the files, or with what torchvision makes of them.
        download: let torchvision fetch the files into ``root`` where there are none.
        batch_size: and all that follow: as in ``Memory``; the test set is given.
    """

    # torchvision's name; what a message says that the root must hold; how it is fetched.
    title: str
    needed: str
    fetcher: Download = staticmethod(torchvision_download)

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
        train_size: int | None = None,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            val_fraction=val_fraction,
            seed=seed,
            augment=augment,
            device=device,
            drop_last=drop_last,
            normalize=normalize,
            train_size=train_size,
        )
        self.root = Path(root)
        self.download = download

    @abstractmethod
    def find(self) -> Mapping[Any, Path] | None:
        """The files; None if there is not one of them.

        Raises:
            DataError: if some of them are missing.
        """

    def prepare_data(self) -> None:
        """See that the files are there; one process a machine does this.

        Raises:
            DataError: if they are not, and cannot be downloaded.
        """
        if self._look() is not None:
            return
        if not self.download:
            raise DataError(f"{self._absent()}, or set data.download=true")
        fetch(self.title, self.root, self.needed, self.fetcher)

    def files(self) -> Mapping[Any, Path]:
        """The files that ``find`` finds.

        Raises:
            DataError: if they are not there.
        """
        found = self._look()
        if found is None:
            raise DataError(self._absent())
        return found

    def _look(self) -> Mapping[Any, Path] | None:
        if self.root.is_file():
            raise DataError(f"data.root: {self.root} is a file; name the folder that holds it")
        return self.find()

    def _absent(self) -> str:
        return f"data.root: no {self.title} files in {self.root}; put there {self.needed}"
