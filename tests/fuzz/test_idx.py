"""Whatever an IDX file holds, the answer is its pixels or a refusal, and never much memory."""

from __future__ import annotations

import gzip
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcli.data.idx_file import read_idx
from dlcli.errors import DataError
from tests.data.idx_files import encode
from tests.fuzz.conftest import LARGE, SMALL, budget

GOOD = encode(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
ZIPPED = gzip.compress(GOOD, mtime=0)
LENGTHS = st.one_of(st.integers(0, 4), st.integers(0, 2**32 - 1))
HEADERS = st.builds(
    lambda magic, lengths: struct.pack(f">I{len(lengths)}I", magic, *lengths),
    st.sampled_from([0x803, 0x801, 0x804, 0xD03]) | st.integers(0, 2**32 - 1),
    st.lists(LENGTHS, max_size=4),
)
PLAIN = st.binary(max_size=60) | st.builds(bytes.__add__, HEADERS, st.binary(max_size=60))


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Cut off, with some bytes of another value, or with something behind."""
    return st.builds(
        lambda at, junk, end: (content[:at] + junk + content[at + len(junk) :])[:end] + junk,
        st.integers(0, len(content)),
        st.binary(max_size=4),
        st.integers(0, len(content) + 4),
    )


CONTENTS = st.one_of(
    PLAIN, PLAIN.map(lambda content: gzip.compress(content, 1)), damaged(GOOD), damaged(ZIPPED)
)


def is_read_or_refused(content: bytes) -> None:
    path = Path("images")
    path.write_bytes(content)
    with suppress(DataError):
        assert read_idx(path, dims=3).nbytes <= 1000 * len(content)
    assert [file.name for file in Path.cwd().iterdir()] == ["images"]


@budget(SMALL)
@given(CONTENTS)
def test_a_file_is_read_or_refused(content: bytes) -> None:
    is_read_or_refused(content)


@pytest.mark.slow
@budget(LARGE)
@given(CONTENTS)
def test_thousands_of_files_are_read_or_refused(content: bytes) -> None:
    is_read_or_refused(content)
