"""Ctrl-C and SIGTERM end a run cleanly, with a checkpoint, a true record and the way to go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlcli.training.checkpoint import CheckpointFolder
from dlcli.training.stopping import SIGNALS, StopRequest
from tests import terminal
from tests.conftest import environment

LONG = "trainer=cpu trainer.max_epochs=5000 ~callbacks.early_stopping tracking=none"


class Training:
    """A long training as a process of its own, forked from one with Lightning imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.process = terminal.start(f"dlcli train --name long --quiet {LONG}", self.folder)

    @property
    def root(self) -> Path:
        """Of the store."""
        return self.folder / "mlruns"

    def wait_for(self, pattern: str) -> None:
        """Wait until the run has a file that matches."""
        deadline = time.monotonic() + 120
        while not list(self.root.glob(f"runs/*/{pattern}")):
            assert self.process.is_alive(), terminal.shown(self.folder)
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def end(self) -> tuple[int | None, str]:
        """The exit status and what was said."""
        self.process.join(60)
        return self.process.exitcode, terminal.shown(self.folder)

    def record(self) -> tuple[str, str]:
        return recorded(self.root)


def recorded(root: Path) -> tuple[str, str]:
    """Status and reason of the run of a store."""
    (path,) = root.glob("runs/*/run.json")
    info = json.loads(path.read_text())
    return info["status"], info["reason"]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_a_run_with_a_checkpoint_and_the_way_to_go_on(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    training = Training(tmp_path)
    training.wait_for("artifacts/checkpoints/manifest.json")
    training.signal(number)
    ended, said = training.end()
    assert ended == status
    assert said.splitlines()[-1] == (
        f"error: stopped by {number.name}; to go on: dlcli train --resume long tracking=none"
    )
    assert "Traceback" not in said
    assert training.record() == ("KILLED", f"stopped by {number.name}")
    (folder,) = training.root.glob("runs/*/artifacts/checkpoints")
    assert CheckpointFolder(folder).verify("last").is_file()


def test_a_second_signal_ends_a_run_at_once(tmp_path: Path) -> None:
    training = Training(tmp_path)
    training.wait_for("artifacts/checkpoints/manifest.json")
    training.signal(signal.SIGINT)
    training.signal(signal.SIGINT)
    start = time.monotonic()
    ended, said = training.end()
    assert ended == 130
    assert time.monotonic() - start < 20  # promised are 5 s on a machine with nothing else to do
    assert "Traceback" not in said
    assert training.record()[0] == "KILLED"


class AtOnce(Exception):
    """In place of the process's end."""


def test_only_ctrl_c_says_at_once_as_a_scheduler_may_repeat_itself() -> None:
    def at_once(number: int) -> None:
        raise AtOnce

    before = {number: signal.getsignal(number) for number in SIGNALS}
    request = StopRequest(at_once)
    request.install()
    try:
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP):
            signal.raise_signal(number)
        with pytest.raises(AtOnce):
            signal.raise_signal(signal.SIGINT)
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
    assert request.signal == signal.SIGTERM


INTERRUPTED = """
import os, signal, sys
from dlcli.__main__ import main
class Interrupt:
    @staticmethod
    def find_spec(name, *_):
        if name == "dlcli.cli.main":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt)
main()
"""


def test_a_signal_while_the_command_is_imported_ends_it_quietly() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_signal_before_the_run_is_there_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcli", "train", *LONG.split()],
        cwd=tmp_path,
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.8)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    root = tmp_path / "mlruns"
    assert not root.exists() or recorded(root)[0] == "KILLED"
