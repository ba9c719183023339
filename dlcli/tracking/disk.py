"""What a disk that is full, or takes nothing for another reason, means to whoever writes to it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from dlcli.errors import StoreError

FULL = (errno.ENOSPC, errno.EDQUOT)
# Nothing else goes better on such a disk: the fault is neither a trial's nor the code's.
FAULTS = (*FULL, errno.EROFS, errno.EIO)
SQLITE = ("disk is full", "disk I/O error", "readonly database")


def check_writable(folder: Path) -> None:
    """Refuse (StoreError) a folder that cannot be written to, or be made; makes nothing."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(place))
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(root: Path, error: OSError) -> StoreError:
    """The refusal for a folder that nothing can be written to."""
    if error.errno in FULL:
        return StoreError(f"{root}: {error.strerror}; {_advice(error)}")
    return StoreError(
        f"{error.filename or root}: {error.strerror}; runs are recorded under {root}: "
        "make it writable, or start from a folder that is"
    )


def refusal(error: BaseException) -> StoreError | None:
    """The refusal where an error comes of what a disk said; None where it does not.

    Libraries make other errors of that, so what they were handling counts, too.
    """
    for one in _behind(error):
        if isinstance(one, OSError) and one.errno in FAULTS:
            place = one.filename or "nothing more can be written"
            return StoreError(f"{place}: {one.strerror}; {_advice(one)}")
        if isinstance(one, sqlite3.Error) and any(text in str(one) for text in SQLITE):
            return StoreError(f"{one}; {_advice(one)}")
    return None


def removed(error: BaseException, root: Path) -> StoreError | None:
    """The refusal where an error comes of a folder below ``root`` that somebody has removed."""
    if not isinstance(error, FileNotFoundError) or not error.filename:
        return None
    folder = Path(error.filename).parent
    if folder.exists() or root not in (folder, *folder.parents):
        return None
    return StoreError(f"{folder}: was removed or moved; put it back where it was")


def _advice(error: BaseException) -> str:
    full = error.errno in FULL if isinstance(error, OSError) else SQLITE[0] in str(error)
    what = "make room there" if full else "see to the disk"
    return f"{what}, what is recorded is whole, and go on"


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
