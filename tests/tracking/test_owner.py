"""A lock is held by one process and dies with it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from dlcli.tracking.owner import Lock, Owner, start_time


def test_a_second_lock_is_refused_until_the_first_is_released(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()


def test_a_released_lock_is_free_before_a_child_that_was_just_forked_has_let_go(
    tmp_path: Path,
) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.acquire()
    assert first._file is not None
    child = os.dup(first._file)  # as a child has it until it runs
    first.release()
    assert second.acquire()
    os.close(child)


def test_a_child_gives_up_its_part_and_its_parent_keeps_the_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    assert lock.acquire()
    child = os.fork()
    if child == 0:
        os._exit(int(lock.held))
    assert os.waitpid(child, 0)[1] == 0
    assert not Lock(tmp_path / "lock").acquire()


def test_an_owner_is_told_from_a_later_process_with_its_pid() -> None:
    owner = Owner.current()
    assert (owner.pid, owner.start_time) == (os.getpid(), start_time(os.getpid()))
    assert Owner.read(owner.written()) == owner
    assert not owner.elsewhere()
    assert replace(owner, host="another", boot_id="another").elsewhere()


def test_an_owner_reads_as_a_sentence() -> None:
    owner = Owner(7, "box", "1", "2", "2026-01-01T10:00:00+01:00")
    assert str(owner) == "process 7 on box since 2026-01-01T10:00:00+01:00"


def test_an_owner_that_cannot_be_read_is_none() -> None:
    assert Owner.read({"pid": 1}) is None
    assert Owner.read(None) is None
