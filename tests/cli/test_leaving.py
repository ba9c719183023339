"""A command ends at once, and loses nothing by it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

WRITERS = """
import atexit, os, sys, threading, time
from dlcli.cli.leaving import leave

class Late:
    def __del__(self, write=os.write):
        write(2, b"taken apart")

late = Late()
text = open("text", "w")
text.write("written")
data = open("data", "wb")
data.write(b"written")
closed = open("closed", "w")
closed.close()
atexit.register(print, "registered")
threading.Thread(target=lambda: (time.sleep(0.2), print("waited for"))).start()
"""


def ended(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WRITERS + code],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_threads_end_and_open_files_are_written(tmp_path: Path) -> None:
    done = ended("leave(3)", tmp_path)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.splitlines() == ["waited for", "registered"]
    assert (tmp_path / "text").read_text() == (tmp_path / "data").read_text() == "written"


@pytest.mark.parametrize("watch", ["setprofile", "settrace"])
def test_whoever_watches_sees_python_end_as_ever(tmp_path: Path, watch: str) -> None:
    done = ended(f"sys.{watch}(lambda *_: None); leave(3)", tmp_path)
    assert done.returncode == 3
    assert done.stdout.splitlines() == ["waited for", "registered"]
    assert done.stderr == "taken apart"


def test_a_full_disk_changes_no_status(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    done = ended("sys.stdout = open('/dev/full', 'w'); print('x'); leave(3)", tmp_path)
    assert done.returncode == 3
