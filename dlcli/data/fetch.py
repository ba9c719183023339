"""Downloads through torchvision that are whole or not there, also with two at once."""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path

from dlcli.errors import DataError

ATTEMPTS = 3
LOCK = ".download.lock"
# For one answer of a server; torchvision itself would wait for ever.
PATIENCE_S = 10.0
Download = Callable[[str, Path], None]


@contextmanager
def patient() -> Iterator[None]:
    """Let nothing wait for ever for a server, nor write to stdout."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_S)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(before)


def torchvision_download(title: str, folder: Path) -> None:
    """Fetch the data set ``title`` into ``folder/title/raw``; torchvision compares the hashes."""
    from torchvision import datasets

    with patient():
        getattr(datasets, title)(str(folder), download=True)


def fetch(title: str, root: Path, needed: str, download: Download = torchvision_download) -> None:
    """Put ``root/title`` there, unless another process just did.

    Args:
        title: torchvision's name of the data set.
        root: the folder to put it in.
        needed: the files to name if it fails.
        download: what fetches the set into a folder.

    Raises:
        DataError: if it fails three times; nothing is left behind.
    """
    from filelock import FileLock

    created = [folder for folder in (root, *root.parents) if not folder.exists()]
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / LOCK):
            if not (root / title).exists():
                attempt(title, root, download)
    except Exception as error:
        withdraw(root, created)
        raise DataError(
            f"data.root: no {title} files in {root}, and the download failed ({brief(error)}); "
            f"put there {needed}"
        ) from error


def withdraw(root: Path, created: list[Path]) -> None:
    """Remove the folders that were made for a download, from the innermost on."""
    if root in created:
        (root / LOCK).unlink(missing_ok=True)
    with suppress(OSError):
        for folder in created:
            folder.rmdir()


def attempt(title: str, root: Path, download: Download) -> None:
    """Download into a folder beside the final place, and move it there when it is whole."""
    for number in range(1, ATTEMPTS + 1):
        with tempfile.TemporaryDirectory(prefix=".download-", dir=root) as folder:
            try:
                download(title, Path(folder))
            except Exception:
                if number == ATTEMPTS:
                    raise
            else:
                (Path(folder) / title).rename(root / title)
                return


def brief(error: Exception) -> str:
    """The first line of an error, with the last where that announces it; or its type."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"{lines[0]} {lines[-1].strip()}" if lines[0].endswith(":") else lines[0]
