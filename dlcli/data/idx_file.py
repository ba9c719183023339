"""One file in the IDX format of the MNIST database, plain or compressed with gzip."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np

from dlcli.errors import DataError

UNSIGNED_BYTES = 8
CHUNK = 1 << 20
# What a file may expand to before it is counted first, so that a lie costs no memory.
TRUSTED = 64 << 20


def read_idx(path: Path, dims: int) -> np.ndarray:
    """The unsigned bytes of ``path``, in ``dims`` dimensions, without a copy.

    A length that the header claims is compared with the file's own before it is believed:
    no more memory is used than the file's content takes.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if not size:
                refuse(path, "the file is empty (0 bytes)")
            zipped = file.read(2) == b"\x1f\x8b"
        return parse(path, dims, zipped, size)
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path}: the gzip data is cut off or damaged; {AGAIN}") from error
    except gzip.BadGzipFile as error:
        raise DataError(f"{path}: damaged gzip data ({error}); {AGAIN}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


AGAIN = "delete it and fetch it again"


def parse(path: Path, dims: int, zipped: bool, size: int) -> np.ndarray:
    """Read the header, then as many bytes as it says if the file holds as many."""
    with open_plain(path, zipped) as file:
        shape = read_header(path, file, dims)
        claimed = math.prod(shape)
        header = 4 + 4 * dims
        if not zipped and size - header != claimed:
            mismatch(path, shape, size - header)
        if zipped and claimed > size + TRUSTED:
            held = count_bytes(path) - header
            if held != claimed:
                mismatch(path, shape, held)
        content = read_exactly(file, claimed)
    if len(content) != claimed:
        mismatch(path, shape, len(content))
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def open_plain(path: Path, zipped: bool) -> BinaryIO:
    """The file's content, expanded."""
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def read_header(path: Path, file: BinaryIO, dims: int) -> tuple[int, ...]:
    """The shape: after two zeros, the type and the number of dimensions, one length each."""
    header = file.read(4 + 4 * dims)
    magic = struct.pack(">HBB", 0, UNSIGNED_BYTES, dims)
    if header[:4] != magic:
        refuse(
            path,
            f"starts with {header[:4].hex(' ')}, expected {magic.hex(' ')} "
            f"(IDX, unsigned bytes in {dims} dimension{'s' * (dims > 1)})",
        )
    if len(header) < 4 + 4 * dims:
        refuse(path, f"ends in its header, after {len(header)} bytes")
    return struct.unpack(f">{dims}I", header[4:])


def read_exactly(file: BinaryIO, claimed: int) -> bytearray:
    """All of the file, but at most one byte more than ``claimed``."""
    content = bytearray()
    while len(content) <= claimed:
        # A read at the very end also makes gzip compare its checksum.
        chunk = file.read(min(CHUNK, claimed + 1 - len(content)))
        if not chunk:
            break
        content += chunk
    return content


def count_bytes(path: Path) -> int:
    """How many bytes the compressed file expands to; keeps none of them."""
    with gzip.open(path, "rb") as file:
        return sum(map(len, iter(lambda: file.read(CHUNK), b"")))


def mismatch(path: Path, shape: tuple[int, ...], held: int) -> NoReturn:
    """Refuse a file whose content is not as long as its header says."""
    claimed = math.prod(shape)
    more = "more than " if held == claimed + 1 else ""
    refuse(
        path,
        f"the header says {'x'.join(map(str, shape))} = {claimed:,} bytes, "
        f"the file holds {more}{held - bool(more):,}",
    )


def refuse(path: Path, reason: str) -> NoReturn:
    """Raise DataError for ``path``."""
    raise DataError(f"{path}: {reason}; {AGAIN}")
