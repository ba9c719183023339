"""A spool keeps every whole line, whatever happened to the last one."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from dlcli.errors import StoreError
from dlcli.tracking.folder import RunFolder, RunInfo
from dlcli.tracking.spool import Spool, packed, read, repair


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append({"step": 1})
    spool.append({"step": 2})
    spool.close()
    assert list(read(tmp_path / "spool")) == [({"step": 1}, 11), ({"step": 2}, 22)]
    assert list(read(tmp_path / "spool", 11)) == [({"step": 2}, 22)]


def test_a_torn_last_line_is_cut_off_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b'{"step":1}\n{"st')
    assert [line for line, _ in read(path)] == [{"step": 1}]
    spool = Spool(path)
    spool.append({"step": 2})
    spool.close()
    assert path.read_bytes() == b'{"step":1}\n{"step":2}\n'


@pytest.mark.parametrize("end", range(23))
def test_any_cut_leaves_a_readable_spool(tmp_path: Path, end: int) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b'{"step":1}\n{"step":2}\n'[:end])
    repair(path)
    assert path.stat().st_size in (0, 11, 22)


def test_a_damaged_line_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b'{"step":1}\n\x00\x00\x00\n[1]\n{"step":2}\n')
    assert [line["step"] for line, _ in read(path)] == [1, 2]


def test_numbers_that_json_lacks_survive() -> None:
    assert [packed(v) for v in (1.5, math.inf, -math.inf)] == [1.5, "inf", "-inf"]
    assert math.isnan(float(packed(math.nan)))


def test_a_full_disk_is_a_refusal(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    os.dup2(os.open("/dev/full", os.O_WRONLY), spool._file)
    with pytest.raises(StoreError, match="No space left on device; free some space"):
        spool.append({"step": 1})


def test_an_offset_behind_the_end_of_a_shortened_spool_is_corrected(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "x")
    (tmp_path / "runs").mkdir()
    folder.create(RunInfo("x", "x"), folder.lock)
    folder.set_delivered(100)
    assert (tmp_path / "runs" / "x" / "delivered").read_text() == f"{100:020}"
    spool = folder.open_spool()
    spool.append({"step": 1})
    assert folder.delivered() == 0
