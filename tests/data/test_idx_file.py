"""An IDX file is read whole, or refused with its path and the reason."""

from __future__ import annotations

import gzip
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest

from dlcli.data.idx_file import read_idx
from dlcli.errors import DataError

from .idx_files import encode

IMAGES = np.arange(5 * 3 * 2, dtype=np.uint8).reshape(5, 3, 2)
PLAIN = encode(IMAGES)
ZIPPED = gzip.compress(PLAIN)
AGAIN = "delete it and fetch it again"
HUGE = (2**31, 1, 1)


def flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


@pytest.mark.parametrize("content", [PLAIN, ZIPPED], ids=["plain", "gzip"])
def test_images_are_read_plain_and_compressed(tmp_path, content):
    path = tmp_path / "images"
    path.write_bytes(content)
    assert np.array_equal(read_idx(path, dims=3), IMAGES)


REFUSALS = {
    "zero bytes": (b"", "the file is empty (0 bytes)"),
    "labels for images": (
        encode(IMAGES.ravel()),
        "starts with 00 00 08 01, expected 00 00 08 03 (IDX, unsigned bytes in 3 dimensions)",
    ),
    "another file": (
        b"<!DOCTYPE html>",
        "starts with 3c 21 44 4f, expected 00 00 08 03 (IDX, unsigned bytes in 3 dimensions)",
    ),
    "cut in the header": (PLAIN[:9], "ends in its header, after 9 bytes"),
    "cut": (PLAIN[:-1], "the header says 5x3x2 = 30 bytes, the file holds 29"),
    "too long": (PLAIN + b"xyz", "the header says 5x3x2 = 30 bytes, the file holds 33"),
    "a claim of 2^31": (
        encode(IMAGES, HUGE),
        "the header says 2147483648x1x1 = 2,147,483,648 bytes, the file holds 30",
    ),
    "a claim of 2^31, compressed": (
        gzip.compress(encode(IMAGES, HUGE)),
        "the header says 2147483648x1x1 = 2,147,483,648 bytes, the file holds 30",
    ),
    "too long, compressed": (
        gzip.compress(PLAIN + b"xyz"),
        "the header says 5x3x2 = 30 bytes, the file holds more than 30",
    ),
    "too short, compressed": (
        gzip.compress(PLAIN[:-3]),
        "the header says 5x3x2 = 30 bytes, the file holds 27",
    ),
    "cut gzip": (ZIPPED[:-12], "the gzip data is cut off or damaged"),
    "cut gzip trailer": (ZIPPED[:-4], "the gzip data is cut off or damaged"),
}


@pytest.mark.parametrize("damage", REFUSALS)
def test_a_damaged_file_is_refused_with_the_reason(tmp_path, damage):
    content, reason = REFUSALS[damage]
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(DataError) as refusal:
        read_idx(path, dims=3)
    assert str(refusal.value) == f"{path}: {reason}; {AGAIN}"


def test_a_wrong_checksum_is_refused(tmp_path):
    path = tmp_path / "images.gz"
    path.write_bytes(flip(ZIPPED, len(ZIPPED) - 6))
    with pytest.raises(DataError, match=r"damaged gzip data \(CRC check failed .*\); delete it"):
        read_idx(path, dims=3)


@pytest.mark.parametrize("at", range(3, len(ZIPPED), 7))
def test_no_flipped_byte_of_a_compressed_file_goes_unseen(tmp_path, at):
    path = tmp_path / "images.gz"
    path.write_bytes(flip(ZIPPED, at))
    with suppress(DataError):
        assert np.array_equal(read_idx(path, dims=3), IMAGES)


def test_a_claim_that_is_a_lie_costs_no_memory(tmp_path):
    path = tmp_path / "images.gz"
    body = encode(np.zeros(0, np.uint8), (2**31 - 1, 1, 1)) + bytes(150 << 20)
    path.write_bytes(gzip.compress(body, compresslevel=1))
    tracemalloc.start()
    with pytest.raises(DataError, match="the file holds 157,286,400"):
        read_idx(path, dims=3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)$"):
        read_idx(tmp_path, dims=3)
