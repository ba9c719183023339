"""A terminal that is closed ends a command as it ends others, and no run for an error of it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.conftest import environment
from tests.training.test_stopping import recorded

LONG = (
    "train --name long trainer=cpu trainer.max_epochs=5000 ~callbacks.early_stopping tracking=none"
)
GOES_ON = """
import sys
from dlcli.cli.hangup import outlive_terminal
outlive_terminal()
print("shown", sys.stdout.isatty(), sys.stdout.encoding, flush=True)
sys.stdin.read()
for stream in (sys.stdout, sys.stderr):
    print("x" * 10_000, file=stream, flush=True)
open("went on", "w").close()
"""


def test_what_nobody_can_see_any_more_is_dropped(tmp_path: Path) -> None:
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", GOES_ON],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    assert os.read(screen, 100).split() == [b"shown", b"True", b"utf-8"]
    os.close(screen)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (tmp_path / "went on").exists()


def test_a_training_whose_terminal_is_closed_stops_with_a_checkpoint(tmp_path: Path) -> None:
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcli", *LONG.split()],
        cwd=tmp_path,
        env=environment(tmp_path, TERM="xterm"),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    shown = b""
    deadline = time.monotonic() + 120
    while b"epoch 3/" not in shown:
        assert time.monotonic() < deadline
        shown += os.read(screen, 1000)
    os.close(screen)
    assert process.wait(60) == 129
    assert recorded(tmp_path / "mlruns") == ("KILLED", "stopped by SIGHUP")
    (last,) = tmp_path.glob("mlruns/runs/*/artifacts/checkpoints/last-*.ckpt")
    assert last.stat().st_size
